// Lists of names, as error messages quote them.
#pragma once

#include <string>
#include <vector>

namespace fastdense {

inline std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace fastdense
