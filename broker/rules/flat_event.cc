#include "rules/flat_event.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "rules/json_string.h"

namespace pavane::rules {

/// Walks the event once. `path_` is the path to where it is. JSON texts are valid, so it only looks
/// at what tells values apart.
class FlatEvent::Reader {
 public:
  Reader(FlatEvent* event, Detail detail) : event_(event), nearby_(detail == Detail::kNearby) {
    for (const std::string& path : event->paths_) {
      longest_ = std::max(longest_, path.size());
      if (nearby_) event->other_cases_.try_emplace(absl::AsciiStrToLower(path));
    }
    event_->elements_.emplace_back();
    event_->indexes_.push_back(0);
  }

  void ReadMember(const event::EventView::Member& member) {
    using Member = event::EventView::Member;
    path_ = std::string(member.name);
    switch (member.kind) {
      case Member::kString:
        Add(Value::Kind::kString, std::string(member.text), 0);
        break;
      case Member::kInteger:
        Add(Value::Kind::kNumber, absl::StrCat(member.integer), 0);
        break;
      case Member::kBoolean:
        Add(Value::Kind::kLiteral, member.boolean ? "true" : "false", 0);
        break;
      case Member::kJson:
        // A number or literal ends where its text does, and nothing else may be read there.
        json_ = std::string(absl::StripAsciiWhitespace(member.text));
        at_ = json_.data();
        ReadValue(0);
    }
  }

  void ReadRoot(absl::string_view json) {
    at_ = json.data();
    SkipSpace();
    ReadObject(0, true);
  }

 private:
  void SkipSpace() {
    while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
  }

  // At a comma or the closing bracket: true, and at the next value or name, if there is one more.
  bool Next() {
    SkipSpace();
    const bool more = *at_++ == ',';
    SkipSpace();
    return more;
  }

  absl::string_view ReadQuoted() {
    const char* begin = ++at_;
    while (*at_ != '"') at_ += *at_ == '\\' ? 2 : 1;
    return absl::string_view(begin, at_++ - begin);
  }

  // `element`: the innermost element around the value.
  void ReadValue(uint32_t element) {
    switch (*at_) {
      case '{':
        ReadObject(element, false);
        break;
      case '[':
        ReadArray(element);
        break;
      case '"':
        Add(Value::Kind::kString, Unescaped(ReadQuoted()), element);
        break;
      default: {
        const char* begin = at_;
        while (*at_ != ',' && *at_ != '}' && *at_ != ']' && static_cast<uint8_t>(*at_) > ' ') ++at_;
        const bool number = *begin == '-' || (*begin >= '0' && *begin <= '9');
        Add(number ? Value::Kind::kNumber : Value::Kind::kLiteral, std::string(begin, at_ - begin),
            element);
      }
    }
  }

  void ReadObject(uint32_t element, bool root) {
    if (!root && (Wanted() || Leads())) event_->structures_[path_].object = true;
    if (!root) NoteCase();
    ++at_;
    SkipSpace();
    if (*at_ == '}') {
      ++at_;
      return;
    }
    const size_t path_size = path_.size();
    do {
      if (!root) path_.push_back('.');
      AppendUnescaped(ReadQuoted(), &path_);
      SkipSpace();
      ++at_;  // the colon
      SkipSpace();
      ReadValue(element);
      path_.resize(path_size);
    } while (Next());
  }

  void ReadArray(uint32_t element) {
    ++at_;
    SkipSpace();
    if (*at_ == ']') {
      if (Wanted()) event_->structures_[path_].empty_array = true;
      ++at_;
      return;
    }
    const uint32_t array = arrays_++;
    event_->array_paths_.push_back(PrefixNumber());
    uint32_t index = 0;
    do {
      ++index;
      if (*at_ == '{' || *at_ == '[') {
        event_->elements_.push_back({array, element});
        event_->indexes_.push_back(index);
        ReadValue(static_cast<uint32_t>(event_->elements_.size() - 1));
      } else {
        ReadValue(element);
      }
    } while (Next());
  }

  bool Wanted() const { return path_.size() <= longest_ && event_->paths_.contains(path_); }

  uint32_t PrefixNumber() const {
    if (path_.size() > longest_) return 0;
    const auto found = event_->prefixes_.find(path_);
    return found == event_->prefixes_.end() ? 0 : found->second;
  }

  // Whether longer paths that are wanted begin with this one, if anybody wants to know.
  bool Leads() const { return nearby_ && PrefixNumber() != 0; }

  // Notes that this path is there, for one that differs in case only.
  void NoteCase() {
    if (!nearby_ || path_.size() > longest_) return;
    const auto found = event_->other_cases_.find(absl::AsciiStrToLower(path_));
    if (found == event_->other_cases_.end() || !found->second.empty() || Wanted()) return;
    found->second = path_;
  }

  void Add(Value::Kind kind, std::string text, uint32_t element) {
    NoteCase();
    if (Leads()) {
      Structure& structure = event_->structures_[path_];
      if (structure.leaf.empty()) {
        structure.leaf = path_;
        structure.leaf_value = {kind, text.substr(0, kLeafBytesMax), element};
      }
    }
    if (!Wanted()) return;
    event_->values_[path_].push_back({kind, std::move(text), element});
  }

  // More than is ever shown of it.
  static constexpr size_t kLeafBytesMax = 256;

  FlatEvent* const event_;
  const bool nearby_;
  size_t longest_ = 0;
  std::string json_;
  const char* at_ = nullptr;
  std::string path_;
  uint32_t arrays_ = 0;
};

namespace {

absl::flat_hash_set<std::string> PathsOf(const Pattern& pattern) {
  absl::flat_hash_set<std::string> paths;
  for (const PatternField& field : pattern.fields()) paths.insert(field.path);
  return paths;
}

}  // namespace

FlatEvent::FlatEvent(const event::EventView& event, const Pattern& pattern, Detail detail)
    : FlatEvent(event, PathsOf(pattern), detail) {}

FlatEvent::FlatEvent(const event::EventView& event, absl::flat_hash_set<std::string> paths,
                     Detail detail)
    : paths_(std::move(paths)) {
  for (const std::string& path : paths_) {
    for (size_t end = 0; end <= path.size(); ++end) {
      if (end == path.size() || path[end] == '.') prefixes_.try_emplace(path.substr(0, end));
    }
  }
  prefix_texts_.emplace_back();
  for (auto& [prefix, number] : prefixes_) {
    number = static_cast<uint32_t>(prefix_texts_.size());
    prefix_texts_.push_back(prefix);
  }
  Reader reader(this, detail);
  for (const event::EventView::Member& member : event.members()) reader.ReadMember(member);
  if (!event.root_json().empty()) reader.ReadRoot(event.root_json());
}

FlatEvent::Structure FlatEvent::StructureAt(absl::string_view path) const {
  const auto it = structures_.find(path);
  Structure structure;
  if (it != structures_.end()) {
    structure.object = it->second.object;
    structure.empty_array = it->second.empty_array;
  }
  AddNearby(path, &structure);
  return structure;
}

void FlatEvent::AddNearby(absl::string_view path, Structure* structure) const {
  const auto other = other_cases_.find(absl::AsciiStrToLower(path));
  if (other != other_cases_.end()) structure->other_case = other->second;
  for (size_t end = path.rfind('.'); end != absl::string_view::npos && end > 0;
       end = path.rfind('.', end - 1)) {
    const auto leading = structures_.find(path.substr(0, end));
    if (leading == structures_.end()) continue;
    if (leading->second.object || leading->second.leaf.empty()) return;
    structure->leaf = leading->second.leaf;
    structure->leaf_value = leading->second.leaf_value;
    return;
  }
}

absl::string_view FlatEvent::PathOfArray(uint32_t array) const {
  return prefix_texts_[array_paths_[array]];
}

const std::vector<FlatEvent::Value>& FlatEvent::At(absl::string_view path) const {
  static const auto& kNone = *new std::vector<Value>();
  const auto it = values_.find(path);
  return it == values_.end() ? kNone : it->second;
}

}  // namespace pavane::rules
