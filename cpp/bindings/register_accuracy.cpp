#include <algorithm>
#include <cstdint>
#include <optional>

#include "bindings/array.hpp"
#include "bindings/gil.hpp"
#include "bindings/register.hpp"
#include "ops/accuracy.hpp"

namespace fastdense {
namespace {

// The number of elements of an array that has only the axes from `first` on.
std::size_t element_count_from(std::size_t first, const Shape& shape) {
  return element_count(Shape(shape.begin() + first, shape.end()));
}

// Predictions and weights, checked.
class Scored {
 public:
  // What is right or wrong, a value, is a row of y_pred or a single element.
  Scored(const py::object& y_pred, const py::object& sample_weight, bool by_row)
      : y_pred_("accuracy: y_pred", y_pred), values_(y_pred_.shape()) {
    y_pred_.require_rank_at_least(by_row ? 2 : 1);
    if (by_row) {
      cols_ = static_cast<std::size_t>(y_pred_.columns());
      values_ = Shape(values_.begin(), values_.end() - 1);
      if (cols_ == 0)
        throw py::value_error("accuracy: y_pred has no classes (shape " + y_pred_.describe() + ")");
    }
    y_pred_.convert(y_pred_.dtype());
    if (!sample_weight.is_none()) {
      weight_.emplace("accuracy: sample_weight", sample_weight);
      require_leading_axes(weight_->shape());
      weight_->convert(dtype());
    }
  }

  DType dtype() const { return y_pred_.dtype(); }

  // y_true may have one axis of length 1 more or less at its end.
  void require_matching(const Operand& y_true, const Shape& expected) const {
    const auto extends = [](const Shape& longer, const Shape& shorter) {
      return longer.size() == shorter.size() + 1 && longer[shorter.size()] == 1 &&
             std::equal(shorter.begin(), shorter.end(), longer.begin());
    };
    const Shape shape = y_true.shape();
    if (shape == expected || extends(shape, expected) || extends(expected, shape)) return;
    throw py::value_error("accuracy: y_true has shape " + y_true.describe() + ", expected " +
                          to_string(expected) + " for y_pred of shape " + y_pred_.describe());
  }

  const Shape& values() const { return values_; }
  const Operand& y_pred() const { return y_pred_; }

  // (total, count) to add to those of a mean over samples; a sample counts as much as it has values
  // that are right.
  template <class T, class Function>
  py::tuple run(const Function& function) const {
    const std::size_t rows = element_count(values_);
    if (rows == 0) return py::make_tuple(0.0, 0.0);
    const Predictions<T> predictions{rows, cols_, y_pred_.data<T>(),
                                     weight_ ? weight_->data<T>() : nullptr, rows_per_weight_};
    Score score{};
    without_gil(static_cast<double>(rows * cols_), [&] { score = function(predictions); });
    // As in Keras, a scalar weight makes one sample of the batch.
    const bool is_one_sample = weight_ && weight_->rank() == 0;
    const auto per_sample = static_cast<double>(element_count_from(is_one_sample ? 0 : 1, values_));
    return py::make_tuple(score.right / per_sample, score.of / per_sample);
  }

 private:
  // One weight for every run of values: the shape of some leading axes, with any ones after it.
  void require_leading_axes(const Shape& shape) {
    std::size_t axes = shape.size();
    while (axes > 1 && shape[axes - 1] == 1) --axes;
    if (axes > values_.size() || !std::equal(shape.begin(), shape.begin() + axes, values_.begin()))
      throw py::value_error("accuracy: sample_weight has shape " + to_string(shape) +
                            ", expected the leading axes of " + to_string(values_) +
                            " for y_pred of shape " + y_pred_.describe());
    rows_per_weight_ = std::max<std::size_t>(1, element_count_from(axes, values_));
  }

  Operand y_pred_;
  Shape values_;
  std::size_t cols_ = 1;
  std::optional<Operand> weight_;
  std::size_t rows_per_weight_ = 1;
};

using Labels = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>;

py::tuple label_accuracy_op(const py::object& y_true_value, const py::object& y_pred,
                            const py::object& sample_weight, std::size_t top_k) {
  const Scored scored(y_pred, sample_weight, true);
  Operand y_true("accuracy: y_true", y_true_value);
  scored.require_matching(y_true, scored.values());
  const bool is_float = y_true.array().dtype().kind() == 'f';
  if (is_float) y_true.convert(scored.dtype());
  return dispatch(scored.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto run = [&](const auto* labels) {
      return scored.run<T>([=](const Predictions<T>& predictions) {
        return label_accuracy(predictions, labels, top_k);
      });
    };
    if (is_float) return run(y_true.data<T>());
    const Labels labels(y_true.array());
    return run(labels.data());
  });
}

py::tuple one_hot_accuracy_op(const py::object& y_true_value, const py::object& y_pred,
                              const py::object& sample_weight, std::size_t top_k) {
  const Scored scored(y_pred, sample_weight, true);
  Operand y_true("accuracy: y_true", y_true_value);
  y_true.require_shape(scored.y_pred().shape());
  y_true.convert(scored.dtype());
  return dispatch(scored.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* target = y_true.data<T>();
    return scored.run<T>([=](const Predictions<T>& predictions) {
      return one_hot_accuracy(predictions, target, top_k);
    });
  });
}

py::tuple threshold_accuracy_op(const py::object& y_true_value, const py::object& y_pred,
                                const py::object& sample_weight, double threshold) {
  const Scored scored(y_pred, sample_weight, false);
  Operand y_true("accuracy: y_true", y_true_value);
  scored.require_matching(y_true, scored.values());
  y_true.convert(scored.dtype());
  return dispatch(scored.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* target = y_true.data<T>();
    return scored.run<T>([=](const Predictions<T>& predictions) {
      return threshold_accuracy(predictions, target, static_cast<T>(threshold));
    });
  });
}

}  // namespace

void register_accuracy(py::module_& m) {
  const auto define = [&m](const char* name, auto function, const char* parameter) {
    m.def(name, function, py::arg("y_true"), py::arg("y_pred"), py::arg("sample_weight"),
          py::arg(parameter));
  };
  define("label_accuracy", &label_accuracy_op, "top_k");
  define("one_hot_accuracy", &one_hot_accuracy_op, "top_k");
  define("threshold_accuracy", &threshold_accuracy_op, "threshold");
}

}  // namespace fastdense
