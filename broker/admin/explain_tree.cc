#include "admin/explain_tree.h"

#include <cstdint>
#include <vector>

namespace pavane::admin {
namespace {

using pavane::admin::v1::ExplainNode;
using rules::ExplainedNode;

// Parsers of protobuf refuse messages nested deeper than 100.
constexpr int kDepthMax = 60;

// Lines and columns of places in a text.
class Places {
 public:
  explicit Places(const std::string& text) {
    places_.reserve(text.size() + 1);
    Place place;
    for (const char c : text) {
      // The bytes of a character share its place.
      if ((c & 0xc0) == 0x80) {
        places_.push_back(places_.back());
        continue;
      }
      places_.push_back(place);
      ++place.column;
      if (c == '\n') place = {place.line + 1, 1};
    }
    places_.push_back(place);
  }

  void Set(size_t offset, ExplainNode* node) const {
    node->set_line(places_[offset].line);
    node->set_column(places_[offset].column);
  }

 private:
  struct Place {
    uint32_t line = 1;
    uint32_t column = 1;
  };
  std::vector<Place> places_;
};

void Show(const ExplainedNode& node, const Places& places, int depth, ExplainNode* shown) {
  shown->set_path(node.path);
  shown->set_test(node.test);
  shown->set_passed(node.passed);
  for (const std::string& value : node.values) shown->add_values(value);
  shown->set_values_total(node.values_total);
  shown->set_nearest_miss(node.miss.words);
  shown->set_miss(static_cast<ExplainNode::Miss>(node.miss.kind));
  shown->set_kind(static_cast<ExplainNode::Kind>(node.kind));
  shown->set_replaced(node.replaced);
  if (node.kind != ExplainedNode::Kind::kSameElements) places.Set(node.offset, shown);
  if (depth == kDepthMax) {
    shown->set_parts_omitted(!node.children.empty());
    return;
  }
  for (const ExplainedNode& child : node.children) {
    const ExplainedNode* part = &child;
    while (part->kind == ExplainedNode::Kind::kAll && part->children.size() == 1 &&
           !part->children[0].replaced) {
      part = &part->children[0];
    }
    Show(*part, places, depth + 1, shown->add_children());
  }
}

}  // namespace

ExplainNode ShowTree(const ExplainedNode& root, const std::string& pattern) {
  ExplainNode shown;
  Show(root, Places(pattern), 0, &shown);
  return shown;
}

}  // namespace pavane::admin
