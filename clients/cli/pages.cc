#include "clients/cli/pages.h"

#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/escape.h"

namespace pavane::cli {
namespace {

constexpr uint64_t kDefaultLimit = 100;

}  // namespace

void AddPageOptions(CLI::App* list, const std::string& what, PageOptions* options) {
  options->limit = kDefaultLimit;
  CLI::Option* limit =
      AddNumber(list, "--limit", &options->limit,
                absl::StrCat("Most ", what, " to list (default: ", kDefaultLimit, ")"), 1);
  list->add_flag_callback(
          "--all", [options] { options->limit.reset(); }, "No limit")
      ->excludes(limit);
  list->add_option("--page-token", options->page_token, "Go on where an earlier list ended")
      ->type_name("TOKEN");
}

void TellMore(const Context& context, const std::string& page_token) {
  if (page_token.empty()) return;
  context.err() << "there are more: --page-token " << EscapeForTerminal(page_token)
                << " goes on from here, --all shows all\n";
}

}  // namespace pavane::cli
