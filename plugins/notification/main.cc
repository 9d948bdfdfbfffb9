// pavane-notification: e-mails and text messages about events, by templates.
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include <CLI/CLI.hpp>
#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include "pavane/service.h"
#include "plugins/common/file.h"
#include "plugins/common/host.h"
#include "plugins/notification/notification_handler.h"
#include "plugins/notification/sms_gateway.h"
#include "plugins/notification/smtp_mailer.h"
#include "plugins/notification/template_book.h"

namespace {

using pavane::notification::NotificationHandler;
using pavane::notification::Sender;
using pavane::notification::SmsGateway;
using pavane::notification::SmsOptions;
using pavane::notification::SmtpMailer;
using pavane::notification::SmtpOptions;
using pavane::notification::Template;
using pavane::notification::TemplateBook;

struct Options {
  pavane::plugins::HostOptions host;
  std::string templates_file;
  SmtpOptions smtp;
  SmsOptions sms;
};

const std::map<std::string, SmtpOptions::Tls> kTlsNames = {
    {"never", SmtpOptions::Tls::kNever},
    {"if-offered", SmtpOptions::Tls::kIfOffered},
    {"required", SmtpOptions::Tls::kRequired}};

void AddSmtpOptions(CLI::App& app, SmtpOptions& smtp) {
  app.add_option("--smtp-url", smtp.url, "smtp://HOST:PORT or smtps://HOST:PORT; empty: no e-mail")
      ->envname("SMTP_URL")
      ->capture_default_str();
  app.add_option("--smtp-sender", smtp.sender, "Sender: 'Name <address>'")
      ->envname("SMTP_SENDER")
      ->capture_default_str();
  app.add_option("--smtp-tls", smtp.tls, "STARTTLS: never, if-offered or required")
      ->transform(CLI::CheckedTransformer(kTlsNames));
  app.add_option("--smtp-ca-file", smtp.ca_file, "Certificates to trust [the system's]");
  app.add_option("--smtp-user", smtp.user, "User name [no authentication]")->envname("SMTP_USER");
  app.add_option("--smtp-password", smtp.password, "Better given by the environment")
      ->envname("SMTP_PASSWORD");
  app.add_option("--message-id-domain", smtp.message_id_domain, "Right half of Message-IDs")
      ->capture_default_str();
}

void AddSmsOptions(CLI::App& app, SmsOptions& sms) {
  app.add_option("--sms-url", sms.url, "URL of the SMS gateway; empty: no text messages")
      ->envname("SMS_URL");
  app.add_option("--sms-key-header", sms.key_header, "Header of the idempotency key")
      ->capture_default_str();
  app.add_option("--sms-authorization", sms.authorization, "Better given by the environment")
      ->envname("SMS_AUTHORIZATION");
  app.add_option("--sms-ca-file", sms.ca_file, "Certificates to trust [the system's]");
}

absl::StatusOr<TemplateBook> LoadTemplates(const std::string& path) {
  absl::StatusOr<std::string> yaml = pavane::plugins::ReadFile(path);
  if (!yaml.ok()) return yaml.status();
  return pavane::notification::ParseTemplateBook(*yaml);
}

// A template that nothing could send is a mistake to be told at once.
absl::Status CheckChannels(const TemplateBook& book, const Options& options) {
  for (const Template& next : book.templates) {
    const bool email = next.channel == pavane::notification::Channel::kEmail;
    if (!(email ? options.smtp.url : options.sms.url).empty()) continue;
    return absl::InvalidArgumentError("template " + next.name + " needs " +
                                      (email ? "--smtp-url" : "--sms-url"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<NotificationHandler>> OpenHandler(const Options& options) {
  const auto clock = [] { return absl::Now(); };
  std::unique_ptr<Sender> mailer;
  std::unique_ptr<Sender> gateway;
  if (!options.smtp.url.empty()) mailer = std::make_unique<SmtpMailer>(options.smtp, clock);
  if (!options.sms.url.empty()) gateway = std::make_unique<SmsGateway>(options.sms);
  return NotificationHandler::Open(options.host.data_file, std::move(mailer), std::move(gateway),
                                   clock);
}

int Run(const Options& options, const TemplateBook& book, NotificationHandler& handler) {
  pavane::ServiceOptions service_options = pavane::plugins::ToServiceOptions(options.host);
  service_options.rule_set_version = book.version;
  service_options.description = "E-mails and text messages by templates";
  pavane::Service service(service_options);
  for (const Template& next : book.templates) {
    pavane::RuleOptions rule;
    rule.name = next.name;
    rule.pattern = next.pattern;
    service.OnAny(rule,
                  pavane::plugins::Adapt([&handler, &next](const pavane::plugins::Event& event) {
                    return handler.Handle(next, event);
                  }));
  }
  return pavane::plugins::Finish(service.Run());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.host.name = "notification";
  CLI::App app("Sends e-mails and text messages about events, by templates.",
               "pavane-notification");
  pavane::plugins::AddHostOptions(app, options.host);
  app.add_option("--templates", options.templates_file, "YAML file of templates")
      ->envname("NOTIFICATION_TEMPLATES")
      ->required();
  AddSmtpOptions(app, options.smtp);
  AddSmsOptions(app, options.sms);
  CLI11_PARSE(app, argc, argv);
  pavane::plugins::SetUpHost(options.host);
  curl_global_init(CURL_GLOBAL_DEFAULT);

  const absl::StatusOr<TemplateBook> book = LoadTemplates(options.templates_file);
  if (!book.ok()) {
    spdlog::error("{}: {}", options.templates_file, std::string(book.status().message()));
    return 1;
  }
  if (const absl::Status status = CheckChannels(*book, options); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return 1;
  }
  const auto handler = OpenHandler(options);
  if (!handler.ok()) {
    spdlog::error("{}", handler.status().ToString());
    return 1;
  }
  return Run(options, *book, **handler);
}
