// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads a pickle as data. A pickle is a small program that may name any function of Python and have it
// called with any arguments, so loading one from a stranger runs the stranger's code. Here nothing can be
// run: a name is looked up in a list of those that a saved tensor needs, and a call becomes a value "this
// name with these arguments" for the caller to look at. Free of torch.
// Source   Lib/pickletools.py of Python, protocols 2 to 5; of their opcodes only those that torch.save writes

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace heart {

/// One value of a pickle. Values belong to their Pickle and may contain each other in circles.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer 0 or 1
    kInteger,     // integer; where 64 bits do not hold it, its bytes as text, lowest first
    kText,        // text
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value …
    kName,        // text: "module.name"
    kCall,        // text: what would have been called; items: one, the tuple of its arguments
    kPersistent,  // items: one, the identity of something stored beside the pickle
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  std::string text;
  std::vector<const PickleValue*> items;

  bool is(Kind wanted) const { return kind == wanted; }
};

/// "a tuple", "the name os.system", for error texts.
std::string describe(const PickleValue& value);

/// One pickle, read to its end mark.
/// Errors   Error{kFile}: damaged or cut off; a name that no saved tensor needs, an opcode that torch.save
///          does not write: both by name, and neither does anything
/// Threads  const and re-entrant once read
class Pickle {
 public:
  /// The pickle that begins at `begin`; `path` is for error texts.
  Pickle(const std::string& path, const uint8_t* begin, const uint8_t* end);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& top() const { return *top_; }
  /// One past its end mark.
  const uint8_t* end() const { return at_; }

 private:
  [[noreturn]] void refuse(const std::string& what) const;
  const uint8_t* take(uint64_t count);
  uint64_t take_number(int bytes);
  std::string take_line();

  PickleValue* make(PickleValue::Kind kind);
  void push(PickleValue* value) { stack_.push_back(value); }
  void push_integer(int64_t integer);
  void push_text(uint64_t length);
  void push_name(const std::string& module, const std::string& name);
  PickleValue* pop();
  std::vector<const PickleValue*> pop_to_mark();
  void push_tuple(std::vector<const PickleValue*> items);
  PickleValue* container(PickleValue::Kind kind);
  void remember(uint64_t key);
  void recall(uint64_t key);
  void reduce();
  void long_integer();
  bool step();  // false at the end mark

  const std::string path_;
  const uint8_t* at_;
  const uint8_t* const end_;
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::map<uint64_t, PickleValue*> memo_;
  const PickleValue* top_ = nullptr;
};

}  // namespace heart
