// What a threading layer runs.
#pragma once

#include <cstddef>

namespace fastdense {

// A reference to a callable void(size_t) that must not throw; valid while the callable is.
class TaskRef {
 public:
  template <class Callable>
  explicit TaskRef(Callable& callable)
      : context_(&callable),
        call_([](void* context, std::size_t i) { (*static_cast<Callable*>(context))(i); }) {}

  void operator()(std::size_t i) const { call_(context_, i); }

 private:
  void* context_;
  void (*call_)(void*, std::size_t);
};

}  // namespace fastdense
