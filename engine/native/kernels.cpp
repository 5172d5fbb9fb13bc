#include "kernels.h"

#include "multiversion.h"
#include "resample.h"
#include "tensor.h"

namespace framelift::kernels {

FRAMELIFT_MULTIVERSION void resample(const Plane<const Code8>& source, const Plane<Code8>& output, const Taps& rows,
                                     const Taps& columns, float max_code) {
    framelift::resample(source, output, rows, columns, StoreCodes{max_code});
}

FRAMELIFT_MULTIVERSION void resample(const Plane<const Code16>& source, const Plane<Code16>& output, const Taps& rows,
                                     const Taps& columns, float max_code) {
    framelift::resample(source, output, rows, columns, StoreCodes{max_code});
}

FRAMELIFT_MULTIVERSION void resample_values(const Plane<const float>& source, const Plane<float>& output,
                                            const Taps& rows, const Taps& columns) {
    framelift::resample(source, output, rows, columns, StoreValues{});
}

FRAMELIFT_MULTIVERSION void tensor_from_plane(const Plane<const Code8>& plane, const Plane<float>& tensor,
                                              float max_code) {
    framelift::tensor_from_plane(plane, tensor, max_code);
}

FRAMELIFT_MULTIVERSION void tensor_from_plane(const Plane<const Code16>& plane, const Plane<float>& tensor,
                                              float max_code) {
    framelift::tensor_from_plane(plane, tensor, max_code);
}

FRAMELIFT_MULTIVERSION void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code8>& plane,
                                              float max_code) {
    framelift::plane_from_tensor(tensor, plane, max_code);
}

FRAMELIFT_MULTIVERSION void plane_from_tensor(const Plane<const float>& tensor, const Plane<Code16>& plane,
                                              float max_code) {
    framelift::plane_from_tensor(tensor, plane, max_code);
}

}  // namespace framelift::kernels
