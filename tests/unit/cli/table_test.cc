#include "clients/cli/table.h"

#include <sstream>

#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

std::string Printed(Table table) {
  std::ostringstream out;
  table.Print(out);
  return out.str();
}

TEST(Table, AlignsColumnsAndNumbersToTheRight) {
  Table table({"NAME", ">COUNT", "NOTE"});
  table.Add({"default", "7", "the first"});
  table.Add({"a", "12345", "x"});
  EXPECT_EQ(Printed(table),
            "NAME     COUNT  NOTE\n"
            "default      7  the first\n"
            "a        12345  x\n");
}

TEST(Table, ShowsEmptyCellsSoThatColumnsCanBeCounted) {
  Table table({"A", "B"});
  table.Add({"", "x"});
  EXPECT_EQ(Printed(table), "A  B\n-  x\n");
}

TEST(Table, EscapesCellsAndKeepsEachRowOnOneLine) {
  Table table({"A", "B"});
  table.Add({"one\ntwo", "\x1b[2J"});
  EXPECT_EQ(Printed(table), "A         B\none\\ntwo  \\x1b[2J\n");
}

TEST(Table, AlignsWideCharacters) {
  Table table({"CITY", "CODE"});
  table.Add({"東京", "HND"});
  table.Add({"Oslo", "OSL"});
  EXPECT_EQ(Printed(table), "CITY  CODE\n東京  HND\nOslo  OSL\n");
}

TEST(Table, PrintsALongTableInPieces) {
  Table table({"NAME", ">COUNT"});
  std::ostringstream out;
  table.Add({"longest", "1"});
  table.Print(out);
  table.Add({"a", "100000"});
  table.Print(out);
  table.Add({"b", "2"});
  table.Print(out);
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME     COUNT\n"
            "longest      1\n"
            "a        100000\n"
            "b             2\n");
}

TEST(Table, WithoutHeadersPrintsRowsOnly) {
  Table table;
  table.Add({"Name:", "x"});
  EXPECT_EQ(Printed(table), "Name:  x\n");
  EXPECT_EQ(Printed(Table()), "");
}

}  // namespace
}  // namespace pavane::cli
