// Lists of the broker, read page by page.
#ifndef PAVANE_CLIENTS_CLI_PAGES_H_
#define PAVANE_CLIENTS_CLI_PAGES_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

#include "clients/cli/context.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"

namespace pavane::cli {

constexpr uint64_t kPageSizeMax = 1000;

// How much of a list to show. As it is, all of it.
struct PageOptions {
  std::optional<uint64_t> limit;
  std::string page_token;
};

// `--limit`, `--all` and `--page-token`, for lists that may be long. `what` is their plural.
void AddPageOptions(CLI::App* list, const std::string& what, PageOptions* options);

// Says on stderr how to go on, if the list ended before its end.
void TellMore(const Context& context, const std::string& page_token);

// A list that may take several calls.
class Pages {
 public:
  // `context` must outlive it. Without `options`, all of the list.
  explicit Pages(const Context& context, PageOptions options = {})
      : context_(context), options_(std::move(options)) {}

  // Calls `method` until the list or the limit ends. `show(page)` prints a page or adds it to
  // `table` and returns how many items it had. Pages are written as they come, so that a long list
  // needs little memory and ends at once when nobody reads on.
  template <typename Method, typename Request, typename Show>
  absl::Status ForEach(Method method, Request request, Table* table, Show show) const {
    CLI_ASSIGN_OR_RETURN(const Connection broker, context_.Connect());
    request.set_page_token(options_.page_token);
    uint64_t left = options_.limit.value_or(UINT64_MAX);
    do {
      request.set_page_size(static_cast<uint32_t>(std::min(left, kPageSizeMax)));
      CLI_ASSIGN_OR_RETURN(const auto page, broker.Call(method, request));
      left -= std::min<uint64_t>(left, static_cast<uint64_t>(show(page)));
      request.set_page_token(page.next_page_token());
      if (!context_.json()) table->Print(context_.out());
      CLI_RETURN_IF_ERROR(context_.Flush());
    } while (!request.page_token().empty() && left > 0);
    TellMore(context_, request.page_token());
    return absl::OkStatus();
  }

 private:
  const Context& context_;
  const PageOptions options_;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_PAGES_H_
