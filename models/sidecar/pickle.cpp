// SPDX-License-Identifier: LGPL-2.1-or-later

#include "models/sidecar/pickle.h"

#include "models/base/error.h"
#include "models/checkpoint/json_text.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace heart {
namespace {

using Kind = PickleValue::Kind;

// All that the pickle of a tensor may name. Storages of types that are no codes are here so that the error
// can be about the type.
constexpr const char* kKnownNames[] = {
    "torch._utils._rebuild_tensor_v2",
    "collections.OrderedDict",
    "torch.ByteStorage",
    "torch.CharStorage",
    "torch.ShortStorage",
    "torch.IntStorage",
    "torch.LongStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.BoolStorage",
    "torch.ComplexFloatStorage",
    "torch.ComplexDoubleStorage",
};

enum Opcode : uint8_t {
  kProto = 0x80,
  kFrame = 0x95,
  kStop = '.',
  kMark = '(',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8A,
  kBinUnicode = 'X',
  kShortBinUnicode = 0x8C,
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kReduce = 'R',
  kBinPersId = 'Q',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kBinGet = 'h',
  kLongBinGet = 'j',
};

}  // namespace

std::string describe(const PickleValue& value) {
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.integer ? "True" : "False";
    case Kind::kInteger:
      return value.text.empty() ? std::to_string(value.integer) : "a long integer";
    case Kind::kText:
      return "the text '" + shortened(value.text, 60) + "'";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kList:
      return "a list";
    case Kind::kDict:
      return "a dict";
    case Kind::kName:
      return "the name " + value.text;
    case Kind::kCall:
      return "the result of " + value.text;
    case Kind::kPersistent:
      return "a storage";
  }
  return "";
}

Pickle::Pickle(const std::string& path, const uint8_t* begin, const uint8_t* end)
    : path_(path), at_(begin), end_(end) {
  while (step()) {
  }
}

void Pickle::refuse(const std::string& what) const {
  throw Error(Fault::kFile, path_ + ": the pickle in it " + what);
}

const uint8_t* Pickle::take(uint64_t count) {
  if (static_cast<uint64_t>(end_ - at_) < count) refuse("ends too early; is the file cut off?");
  const uint8_t* const taken = at_;
  at_ += count;
  return taken;
}

uint64_t Pickle::take_number(int bytes) {
  const uint8_t* const from = take(static_cast<uint64_t>(bytes));
  uint64_t number = 0;
  for (int i = bytes; i-- > 0;) number = number << 8 | from[i];
  return number;
}

std::string Pickle::take_line() {
  const void* const newline = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
  if (!newline) refuse("ends within a name; is the file cut off?");
  const uint8_t* const begin = at_;
  at_ = static_cast<const uint8_t*>(newline) + 1;
  return std::string(begin, at_ - 1);
}

PickleValue* Pickle::make(Kind kind) {
  values_.emplace_back();
  values_.back().kind = kind;
  return &values_.back();
}

void Pickle::push_integer(int64_t integer) {
  PickleValue* const value = make(Kind::kInteger);
  value->integer = integer;
  push(value);
}

void Pickle::push_text(uint64_t length) {
  const uint8_t* const from = take(length);
  PickleValue* const value = make(Kind::kText);
  value->text.assign(from, from + length);
  push(value);
}

void Pickle::push_name(const std::string& module, const std::string& name) {
  const std::string whole = module + "." + name;
  if (std::find(std::begin(kKnownNames), std::end(kKnownNames), whole) == std::end(kKnownNames)) {
    refuse(
        "asks for " + shortened(whole) +
        ", which no saved tensor needs; nothing of it was run. Wanted: torch.save(codes, file) of "
        "one plain tensor");
  }
  PickleValue* const value = make(Kind::kName);
  value->text = whole;
  push(value);
}

PickleValue* Pickle::pop() {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) refuse("is damaged: it takes a value that is not there");
  PickleValue* const value = stack_.back();
  stack_.pop_back();
  return value;
}

std::vector<const PickleValue*> Pickle::pop_to_mark() {
  if (marks_.empty()) refuse("is damaged: it goes back to a mark that is not there");
  std::vector<const PickleValue*> items(stack_.begin() + marks_.back(), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

void Pickle::push_tuple(std::vector<const PickleValue*> items) {
  PickleValue* const value = make(Kind::kTuple);
  value->items = std::move(items);
  push(value);
}

/// The container under what was just popped, to be added to.
PickleValue* Pickle::container(Kind kind) {
  PickleValue* const value = pop();
  push(value);
  const bool is_ordered =
      kind == Kind::kDict && value->is(Kind::kCall) && value->text == "collections.OrderedDict";
  if (!value->is(kind) && !is_ordered) refuse("is damaged: it adds to " + describe(*value));
  return value;
}

void Pickle::remember(uint64_t key) {
  PickleValue* const value = pop();
  push(value);
  memo_[key] = value;
}

void Pickle::recall(uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) refuse("is damaged: it recalls a value that was never kept");
  push(found->second);
}

void Pickle::reduce() {
  const PickleValue* const arguments = pop();
  const PickleValue* const called = pop();
  if (!called->is(Kind::kName) || !arguments->is(Kind::kTuple)) {
    refuse("is damaged: it calls " + describe(*called) + " with " + describe(*arguments));
  }
  PickleValue* const value = make(Kind::kCall);
  value->text = called->text;
  value->items = {arguments};
  push(value);
}

void Pickle::long_integer() {
  const uint64_t length = take_number(1);
  const uint8_t* const from = take(length);
  PickleValue* const value = make(Kind::kInteger);
  if (length <= 8) {
    uint64_t bits = length > 0 && from[length - 1] >= 0x80 ? ~uint64_t{0} : 0;
    for (uint64_t i = length; i-- > 0;) bits = bits << 8 | from[i];
    value->integer = static_cast<int64_t>(bits);
  } else {
    value->text.assign(from, from + length);
  }
  push(value);
}

bool Pickle::step() {
  const uint8_t opcode = *take(1);
  switch (opcode) {
    case kProto: {
      const uint64_t protocol = take_number(1);
      if (protocol < 2 || protocol > 5) {
        refuse("has protocol " + std::to_string(protocol) + ", protocols 2 to 5 are read");
      }
      return true;
    }
    case kFrame:
      take_number(8);  // only says how much could be read at once
      return true;
    case kStop:
      top_ = pop();
      if (!stack_.empty() || !marks_.empty()) refuse("is damaged: values are left over at its end");
      return false;
    case kMark:
      marks_.push_back(stack_.size());
      return true;
    case kNone:
      push(make(Kind::kNone));
      return true;
    case kNewTrue:
    case kNewFalse: {
      PickleValue* const value = make(Kind::kBool);
      value->integer = opcode == kNewTrue;
      push(value);
      return true;
    }
    case kBinInt:
      push_integer(static_cast<int32_t>(take_number(4)));
      return true;
    case kBinInt1:
      push_integer(static_cast<int64_t>(take_number(1)));
      return true;
    case kBinInt2:
      push_integer(static_cast<int64_t>(take_number(2)));
      return true;
    case kLong1:
      long_integer();
      return true;
    case kBinUnicode:
      push_text(take_number(4));
      return true;
    case kShortBinUnicode:
      push_text(take_number(1));
      return true;
    case kEmptyTuple:
      push_tuple({});
      return true;
    case kTuple:
      push_tuple(pop_to_mark());
      return true;
    case kTuple1:
    case kTuple2:
    case kTuple3: {
      std::vector<const PickleValue*> items(opcode - kTuple1 + 1);
      for (size_t i = items.size(); i-- > 0;) items[i] = pop();
      push_tuple(std::move(items));
      return true;
    }
    case kEmptyList:
      push(make(Kind::kList));
      return true;
    case kEmptyDict:
      push(make(Kind::kDict));
      return true;
    case kAppend:
    case kAppends: {
      std::vector<const PickleValue*> items =
          opcode == kAppends ? pop_to_mark() : std::vector<const PickleValue*>{pop()};
      PickleValue* const list = container(Kind::kList);
      list->items.insert(list->items.end(), items.begin(), items.end());
      return true;
    }
    case kSetItem:
    case kSetItems: {
      std::vector<const PickleValue*> items;
      if (opcode == kSetItems) {
        items = pop_to_mark();
      } else {
        items = {pop(), pop()};
        std::swap(items[0], items[1]);
      }
      if (items.size() % 2 != 0) refuse("is damaged: it sets a key without a value");
      PickleValue* const dict = container(Kind::kDict);
      dict->items.insert(dict->items.end(), items.begin(), items.end());
      return true;
    }
    case kGlobal: {
      const std::string module = take_line();
      push_name(module, take_line());
      return true;
    }
    case kStackGlobal: {
      const PickleValue* const name = pop();
      const PickleValue* const module = pop();
      if (!name->is(Kind::kText) || !module->is(Kind::kText)) {
        refuse("is damaged: it names something by " + describe(*name));
      }
      push_name(module->text, name->text);
      return true;
    }
    case kReduce:
      reduce();
      return true;
    case kBinPersId: {
      const PickleValue* const identity = pop();
      PickleValue* const value = make(Kind::kPersistent);
      value->items = {identity};
      push(value);
      return true;
    }
    case kBinPut:
      remember(take_number(1));
      return true;
    case kLongBinPut:
      remember(take_number(4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kBinGet:
      recall(take_number(1));
      return true;
    case kLongBinGet:
      recall(take_number(4));
      return true;
    default: {
      char code[8];
      std::snprintf(code, sizeof code, "0x%02X", opcode);
      refuse(std::string("has the opcode ") + code +
             ", which torch.save does not write for a tensor; nothing of it was run");
    }
  }
}

}  // namespace heart
