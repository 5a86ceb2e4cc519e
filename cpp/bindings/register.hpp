// What module.cpp puts together.
#pragma once

#include <pybind11/pybind11.h>

namespace fastdense {

// For classes that are of type `type`, as Python's own are, not of pybind11's metaclass.
inline pybind11::metaclass plain_metaclass() {
  return pybind11::metaclass(reinterpret_cast<PyObject*>(&PyType_Type));
}

void register_accuracy(pybind11::module_& m);
void register_activation(pybind11::module_& m);
void register_dense(pybind11::module_& m);
void register_dropout(pybind11::module_& m);
void register_inference(pybind11::module_& m);
void register_loss(pybind11::module_& m);
void register_optimizer(pybind11::module_& m);
void register_penalty(pybind11::module_& m);
void register_roofline(pybind11::module_& m);
void register_runtime(pybind11::module_& m);
void register_training(pybind11::module_& m);

}  // namespace fastdense
