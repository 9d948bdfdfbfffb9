#ifndef PAVANE_RULES_EVENT_READER_H_
#define PAVANE_RULES_EVENT_READER_H_

#include "event/event_view.h"
#include "rules/event_values.h"
#include "rules/path_trie.h"

namespace pavane::rules {

/// Takes the scalars on the trie's paths from an event. Reads each JSON text once, from left to
/// right, looks at names only where the trie has some, skips other values without looking into
/// them, and stops early where the event promises that each path occurs once. Picks the widest
/// vector instructions that the processor has.
///
/// With `defer`, members of the event that are objects are left for ReadDeferred: what the paths of
/// one step hold often tells that the rest is of no interest.
void ReadEvent(const event::EventView& event, const PathTrie& trie, bool defer,
               EventValues* values);

/// Reads what ReadEvent has put off; nothing is put off any longer then.
void ReadDeferred(const event::EventView& event, const PathTrie& trie, EventValues* values);

}  // namespace pavane::rules

#endif  // PAVANE_RULES_EVENT_READER_H_
