#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <yaml-cpp/yaml.h>

#include "base/status_macros.h"
#include "config/keys.h"
#include "config/plugin_yaml.h"
#include "config/sources.h"

namespace pavane::config {
namespace {

// Walks one document. Sections are maps, keys their entries.
class YamlSource {
 public:
  YamlSource(absl::string_view path, Draft& draft) : path_(path), draft_(draft) {}

  absl::Status Read(const YAML::Node& root) {
    if (root.IsNull()) return absl::OkStatus();
    if (!root.IsMap()) return At(root, "expected keys and values");
    return ReadMap(root, "");
  }

 private:
  absl::Status ReadMap(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return At(entry.first, "expected the name of a key");
      std::string name = absl::StrCat(prefix, entry.first.Scalar());
      if (const Key* key = FindKey(name)) {
        RETURN_IF_ERROR(ReadValue(*key, entry.second));
      } else if (prefix.empty() && IsSection(name)) {
        RETURN_IF_ERROR(ReadSection(name, entry.second));
      } else {
        std::optional<std::string> nearest = NearestKey(name);
        return At(entry.first,
                  absl::StrCat("unknown key '", name, "'",
                               nearest ? absl::StrCat(" (did you mean '", *nearest, "'?)") : ""));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadSection(const std::string& name, const YAML::Node& value) {
    if (value.IsNull()) return absl::OkStatus();
    if (!value.IsMap()) return At(value, absl::StrCat(name, ": expected a section of keys"));
    return ReadMap(value, absl::StrCat(name, "."));
  }

  absl::Status ReadValue(const Key& key, const YAML::Node& value) {
    Field field = key.field(draft_.config);
    auto [it, is_new] = read_.insert({std::string(key.name), true});
    if (!is_new) return At(value, absl::StrCat(key.name, ": given twice"));
    draft_.origins[std::string(key.name)] = absl::StrCat("file ", path_);
    if (auto* plugins = std::get_if<std::vector<PluginConfig>*>(&field)) {
      absl::StatusOr<std::vector<PluginConfig>> read = ReadPlugins(value);
      if (!read.ok()) return Annotate(read.status(), absl::StrCat(path_, ": plugins"));
      **plugins = *std::move(read);
      return absl::OkStatus();
    }
    if (auto* list = std::get_if<std::vector<std::string>*>(&field); list && value.IsSequence()) {
      return ReadList(key, value, **list);
    }
    if (!value.IsScalar()) return At(value, absl::StrCat(key.name, ": expected a value"));
    absl::Status status = SetField(field, value.Scalar());
    return status.ok() ? status : At(value, absl::StrCat(key.name, ": ", status.message()));
  }

  absl::Status ReadList(const Key& key, const YAML::Node& value, std::vector<std::string>& to) {
    std::vector<std::string> items;
    for (const YAML::Node& item : value) {
      if (!item.IsScalar()) return At(item, absl::StrCat(key.name, ": expected a list of texts"));
      items.push_back(item.Scalar());
    }
    to = std::move(items);
    return absl::OkStatus();
  }

  absl::Status At(const YAML::Node& node, absl::string_view message) const {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": line ", node.Mark().line + 1, ": ", message));
  }

  const absl::string_view path_;
  Draft& draft_;
  std::map<std::string, bool> read_;
};

}  // namespace

absl::Status ApplyYaml(absl::string_view text, absl::string_view path, Draft& draft) {
  try {
    return YamlSource(path, draft).Read(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": line ", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace pavane::config
