#include "config/plugin_yaml.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include <yaml-cpp/yaml.h>

#include "base/edit_distance.h"
#include "base/status_macros.h"

namespace pavane::config {
namespace {

absl::Status At(const YAML::Node& node, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("line ", node.Mark().line + 1, ": ", message));
}

absl::Status ReadText(const YAML::Node& node, absl::string_view key, std::string& to) {
  if (!node.IsScalar()) return At(node, absl::StrCat(key, ": expected text"));
  to = node.Scalar();
  return absl::OkStatus();
}

absl::Status ReadCommand(const YAML::Node& node, std::vector<std::string>& to) {
  if (!node.IsSequence()) return At(node, "command: expected a list of program and arguments");
  for (const YAML::Node& argument : node) {
    RETURN_IF_ERROR(ReadText(argument, "command", to.emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status ReadEnvironment(const YAML::Node& node, std::map<std::string, std::string>& to) {
  if (!node.IsMap()) return At(node, "environment: expected a map of names and values");
  for (const auto& entry : node) {
    std::string name;
    RETURN_IF_ERROR(ReadText(entry.first, "environment", name));
    RETURN_IF_ERROR(ReadText(entry.second, absl::StrCat("environment.", name), to[name]));
  }
  return absl::OkStatus();
}

absl::StatusOr<PluginConfig> ReadPlugin(const YAML::Node& node) {
  if (!node.IsMap()) return At(node, "expected a plugin with name and command");
  PluginConfig plugin;
  for (const auto& entry : node) {
    std::string key;
    RETURN_IF_ERROR(ReadText(entry.first, "key", key));
    if (key == "name") {
      RETURN_IF_ERROR(ReadText(entry.second, key, plugin.name));
    } else if (key == "command") {
      RETURN_IF_ERROR(ReadCommand(entry.second, plugin.command));
    } else if (key == "environment") {
      RETURN_IF_ERROR(ReadEnvironment(entry.second, plugin.environment));
    } else if (key == "working_dir") {
      RETURN_IF_ERROR(ReadText(entry.second, key, plugin.working_dir));
    } else {
      auto nearest = NearestName(key, {"name", "command", "environment", "working_dir"});
      return At(entry.first,
                absl::StrCat("unknown key '", key, "' of a plugin",
                             nearest ? absl::StrCat(" (did you mean '", *nearest, "'?)") : ""));
    }
  }
  return plugin;
}

}  // namespace

absl::StatusOr<std::vector<PluginConfig>> ReadPlugins(const YAML::Node& node) {
  std::vector<PluginConfig> plugins;
  if (node.IsNull()) return plugins;
  if (!node.IsSequence()) return At(node, "expected a list of plugins");
  for (const YAML::Node& item : node) {
    ASSIGN_OR_RETURN(PluginConfig plugin, ReadPlugin(item));
    plugins.push_back(std::move(plugin));
  }
  return plugins;
}

absl::StatusOr<std::vector<PluginConfig>> ParsePluginsYaml(absl::string_view text) {
  try {
    return ReadPlugins(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

std::string FormatPluginsYaml(const std::vector<PluginConfig>& plugins) {
  YAML::Emitter out;
  // Quoted throughout: a text like `yes` or `1` must come back as text, and a line never breaks.
  out << YAML::Flow << YAML::DoubleQuoted << YAML::BeginSeq;
  for (const PluginConfig& plugin : plugins) {
    out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << plugin.name;
    out << YAML::Key << "command" << YAML::Value << plugin.command;
    if (!plugin.environment.empty()) {
      out << YAML::Key << "environment" << YAML::Value << plugin.environment;
    }
    if (!plugin.working_dir.empty()) {
      out << YAML::Key << "working_dir" << YAML::Value << plugin.working_dir;
    }
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
  return out.c_str();
}

}  // namespace pavane::config
