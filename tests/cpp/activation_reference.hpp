// The elementwise activations as their definitions read, in the widest type there is.
#pragma once

#include "kernels/activation_id.hpp"

namespace fastdense::test {

using Real = long double;

// NaN for an id that has no definition here.
Real activation_reference(ActivationId id, const ActivationParams& params, Real x);

// Configurations that the tests run through: every activation, some with several settings of their
// parameters.
struct Configuration {
  const char* name;
  ActivationId id;
  ActivationParams params;
};
extern const Configuration kConfigurations[];
extern const int kConfigurationCount;

}  // namespace fastdense::test
