#include "config/parse.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/status_macros.h"
#include "config/command_line.h"
#include "config/print.h"
#include "config/sources.h"
#include "config/validate.h"

namespace pavane::config {
namespace {

std::string FileFromEnvironment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    absl::string_view entry = *environment;
    if (absl::ConsumePrefix(&entry, "PAVANE_CONFIG=")) return std::string(entry);
  }
  return "";
}

absl::Status CannotRead(const std::string& path) {
  return absl::NotFoundError(
      absl::StrCat("cannot read configuration file ", path, ": ", std::strerror(errno)));
}

absl::Status ApplyFile(const std::string& path, Draft& draft) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) return CannotRead(path);
  std::string text;
  char buffer[4096];
  while (size_t n = std::fread(buffer, 1, sizeof(buffer), file.get())) text.append(buffer, n);
  if (std::ferror(file.get())) return CannotRead(path);  // a folder opens but does not read
  return ApplyYaml(text, path, draft);
}

}  // namespace

absl::StatusOr<ParsedConfig> ParseConfig(int argc, const char* const* argv,
                                         const char* const* environment) {
  ASSIGN_OR_RETURN(CommandLine line, ParseCommandLine(argc, argv));
  ParsedConfig parsed;
  if (line.help || line.version) {
    parsed.action = line.help ? Action::kPrint : Action::kPrintVersion;
    if (line.help) parsed.output = HelpText();
    return parsed;
  }
  Draft draft;
  if (line.config_file.empty()) line.config_file = FileFromEnvironment(environment);
  if (!line.config_file.empty()) RETURN_IF_ERROR(ApplyFile(line.config_file, draft));
  RETURN_IF_ERROR(ApplyEnvironment(environment, draft));
  RETURN_IF_ERROR(ApplyFlags(line.flags, draft));
  RETURN_IF_ERROR(Validate(draft.config));
  parsed.warnings = std::move(draft.warnings);
  if (line.print_config) {
    parsed.action = Action::kPrint;
    parsed.output = PrintYaml(draft.config, draft.origins);
  } else if (line.check_config) {
    parsed.action = Action::kPrint;
    parsed.output = "The configuration is valid.\n";
  }
  parsed.config = std::move(draft.config);
  return parsed;
}

}  // namespace pavane::config
