/* The binding: every LibTorch function that Swift can call. C only, so that Swift imports it as it is.
 *
 * One pattern. Each function returns NULL for success, or a ct_error that the receiver frees with
 * ct_error_free. Results go to the `out` arguments; each ct_tensor written there is owned by the
 * receiver, who frees it once with ct_tensor_free. Arguments are borrowed. No C++ exception leaves.
 * Shapes are arrays of intptr_t with a count; a negative dimension counts from the end.
 */
#ifndef CTORCH_H
#define CTORCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang assume_nonnull begin
#define CT_NULLABLE _Nullable
#define CT_NONNULL _Nonnull
#else
#define CT_NULLABLE
#define CT_NONNULL
#endif
#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor { void *CT_NULLABLE impl; } ct_tensor; /* a distinct type in Swift; the receiver owns it */
typedef struct ct_error ct_error;
typedef struct ct_group ct_group; /* processes that work together, see below */
#define CT_CALL __attribute__((warn_unused_result)) ct_error *CT_NULLABLE

enum { ct_failed = 1, ct_out_of_memory = 2 };
typedef enum ct_type { ct_u8, ct_i64, ct_bool, ct_f16, ct_bf16, ct_f32, ct_f64 } ct_type;
typedef enum ct_device { ct_cpu, ct_cuda, ct_mps, ct_meta } ct_device; /* meta: shapes without elements, for tests */

/* MARK: errors */
int ct_error_code(const ct_error *error);
const char *ct_error_message(const ct_error *error); /* valid until the error is freed */
void ct_error_free(ct_error *error);
intptr_t ct_live_errors(void); /* made and not freed; a test counts them */

/* MARK: create and copy */
void ct_tensor_free(ct_tensor a);
/* Copies prod(shape) elements of `type` from `data`, row-major. Refuses bytes != the size of the shape. */
CT_CALL ct_from_data(const void *CT_NULLABLE data, intptr_t bytes, ct_type type, const intptr_t *shape, intptr_t n, ct_tensor *out);
/* The same without a copy: `data` belongs to the tensor until release(owner) says that it does no longer. Where its address does not
 * suit the type, elements are copied. */
CT_CALL ct_from_memory(void *data, intptr_t bytes, ct_type type, const intptr_t *shape, intptr_t n, void *owner, void (*release)(void *),
                       ct_tensor *out);
/* Copies a's elements, converted to `type`, row-major into `data`. Refuses bytes != the size of a. */
CT_CALL ct_copy_out(ct_tensor a, ct_type type, void *CT_NULLABLE data, intptr_t bytes);
/* Elements not set; `data` gets their address, which lives as long as the tensor. `pinned`: memory that CUDA copies from
 * while the processor goes on. */
CT_CALL ct_empty(const intptr_t *shape, intptr_t n, ct_type type, bool pinned, ct_tensor *out, void *CT_NULLABLE *CT_NONNULL data);
CT_CALL ct_pin(ct_tensor a, ct_tensor *out); /* a copy in such memory */
/* Whether another tensor (a view, or one that LibTorch keeps for a gradient) uses a's memory. */
int ct_is_shared(ct_tensor a);
CT_CALL ct_full(const intptr_t *shape, intptr_t n, double value, ct_type type, ct_tensor *out);
CT_CALL ct_arange(intptr_t end, ct_type type, ct_device device, intptr_t index, ct_tensor *out);
CT_CALL ct_eye(intptr_t n, ct_type type, ct_tensor *out);
CT_CALL ct_clone(ct_tensor a, ct_tensor *out);
CT_CALL ct_to_type(ct_tensor a, ct_type type, ct_tensor *out);
/* `waits` false: a copy from pinned memory may still be under way; what follows on the device sees it done. */
CT_CALL ct_to_device(ct_tensor a, ct_device device, intptr_t index, bool waits, ct_tensor *out);
CT_CALL ct_contiguous(ct_tensor a, ct_tensor *out);
CT_CALL ct_channels_last(ct_tensor a, ct_tensor *out); /* 4-d only: memory order n, h, w, c */
CT_CALL ct_copy_(ct_tensor a, ct_tensor source, bool waits); /* a's elements become source's, broadcast */
CT_CALL ct_fill_(ct_tensor a, double value);

/* MARK: properties */
CT_CALL ct_shape(ct_tensor a, intptr_t *shape, intptr_t capacity, intptr_t *n);
CT_CALL ct_element_type(ct_tensor a, ct_type *out);
CT_CALL ct_device_of(ct_tensor a, ct_device *device, intptr_t *index);
CT_CALL ct_item(ct_tensor a, double *out); /* refuses more than one element */
CT_CALL ct_all_finite(ct_tensor a, bool *out);

/* MARK: shape and index */
CT_CALL ct_reshape(ct_tensor a, const intptr_t *shape, intptr_t n, ct_tensor *out);
CT_CALL ct_expand(ct_tensor a, const intptr_t *shape, intptr_t n, ct_tensor *out);
CT_CALL ct_permute(ct_tensor a, const intptr_t *dims, intptr_t n, ct_tensor *out);
CT_CALL ct_transpose(ct_tensor a, intptr_t d0, intptr_t d1, ct_tensor *out);
CT_CALL ct_unsqueeze(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_squeeze(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_narrow(ct_tensor a, intptr_t dim, intptr_t start, intptr_t length, ct_tensor *out);
CT_CALL ct_select(ct_tensor a, intptr_t dim, intptr_t index, ct_tensor *out);
CT_CALL ct_index_select(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor *out);
CT_CALL ct_index_add(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out);
CT_CALL ct_gather(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor *out);
CT_CALL ct_scatter(ct_tensor a, intptr_t dim, ct_tensor indices, ct_tensor source, ct_tensor *out);
CT_CALL ct_concat(const ct_tensor *parts, intptr_t n, intptr_t dim, ct_tensor *out);
CT_CALL ct_stack(const ct_tensor *parts, intptr_t n, intptr_t dim, ct_tensor *out);
CT_CALL ct_one_hot(ct_tensor labels, intptr_t classes, ct_tensor *out);
CT_CALL ct_diagonal(ct_tensor a, intptr_t d0, intptr_t d1, ct_tensor *out);

/* MARK: elementwise, of one tensor */
CT_CALL ct_neg(ct_tensor a, ct_tensor *out);
CT_CALL ct_exp(ct_tensor a, ct_tensor *out);
CT_CALL ct_log(ct_tensor a, ct_tensor *out);
CT_CALL ct_log1p(ct_tensor a, ct_tensor *out);
CT_CALL ct_sqrt(ct_tensor a, ct_tensor *out);
CT_CALL ct_rsqrt(ct_tensor a, ct_tensor *out);
CT_CALL ct_reciprocal(ct_tensor a, ct_tensor *out);
CT_CALL ct_abs(ct_tensor a, ct_tensor *out);
CT_CALL ct_square(ct_tensor a, ct_tensor *out);
CT_CALL ct_relu(ct_tensor a, ct_tensor *out);
CT_CALL ct_sigmoid(ct_tensor a, ct_tensor *out);
CT_CALL ct_softplus(ct_tensor a, ct_tensor *out);
CT_CALL ct_acos(ct_tensor a, ct_tensor *out);
CT_CALL ct_cos(ct_tensor a, ct_tensor *out);
CT_CALL ct_sin(ct_tensor a, ct_tensor *out);
CT_CALL ct_floor(ct_tensor a, ct_tensor *out);
CT_CALL ct_isfinite(ct_tensor a, ct_tensor *out);
CT_CALL ct_logical_not(ct_tensor a, ct_tensor *out);
CT_CALL ct_clamp(ct_tensor a, double low, double high, ct_tensor *out);
CT_CALL ct_add_scalar(ct_tensor a, double b, ct_tensor *out);
CT_CALL ct_mul_scalar(ct_tensor a, double b, ct_tensor *out);
CT_CALL ct_pow_scalar(ct_tensor a, double b, ct_tensor *out);

/* MARK: elementwise, of two tensors, broadcast */
CT_CALL ct_add(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_sub(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_mul(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_div(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_maximum(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_minimum(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_eq(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_lt(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_le(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);

/* MARK: reductions; n = 0 dims means all */
CT_CALL ct_sum(ct_tensor a, const intptr_t *dims, intptr_t n, bool keep, ct_tensor *out);
CT_CALL ct_mean(ct_tensor a, const intptr_t *dims, intptr_t n, bool keep, ct_tensor *out);
CT_CALL ct_amax(ct_tensor a, const intptr_t *dims, intptr_t n, bool keep, ct_tensor *out);
CT_CALL ct_amin(ct_tensor a, const intptr_t *dims, intptr_t n, bool keep, ct_tensor *out);
CT_CALL ct_logsumexp(ct_tensor a, intptr_t dim, bool keep, ct_tensor *out);
CT_CALL ct_norm(ct_tensor a, intptr_t dim, bool keep, ct_tensor *out); /* Euclidean */
CT_CALL ct_argmax(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_softmax(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_log_softmax(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_cumsum(ct_tensor a, intptr_t dim, ct_tensor *out);
CT_CALL ct_sort(ct_tensor a, intptr_t dim, bool descending, ct_tensor *values, ct_tensor *indices); /* stable */
CT_CALL ct_topk(ct_tensor a, intptr_t k, intptr_t dim, bool largest, ct_tensor *values, ct_tensor *indices);

/* MARK: linear algebra */
CT_CALL ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out);
CT_CALL ct_eigh(ct_tensor a, ct_tensor *values, ct_tensor *vectors); /* ascending; symmetric [d, d] */
CT_CALL ct_svdvals(ct_tensor a, ct_tensor *out);
CT_CALL ct_cholesky(ct_tensor a, ct_tensor *out); /* lower; refuses what is not positive definite */
CT_CALL ct_cholesky_solve(ct_tensor b, ct_tensor factor, ct_tensor *out);
CT_CALL ct_solve(ct_tensor a, ct_tensor b, ct_tensor *out);

/* MARK: networks */
CT_CALL ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out); /* x W' + b */
/* bias.impl NULL: none */
CT_CALL ct_conv2d(ct_tensor x, ct_tensor weight, ct_tensor bias, intptr_t stride, intptr_t pad_height, intptr_t pad_width, ct_tensor *out);
CT_CALL ct_max_pool2d(ct_tensor x, intptr_t size, intptr_t stride, intptr_t padding, ct_tensor *out);
CT_CALL ct_average_pool2d(ct_tensor x, intptr_t size, intptr_t stride, intptr_t padding, ct_tensor *out); /* padding counts as zeros */
CT_CALL ct_global_average_pool(ct_tensor x, ct_tensor *out); /* [n, c, h, w] -> [n, c] in f32 or f64 */
/* Batch norm, then + residual (or a.impl = NULL), then ReLU if `relu`, in one pass each way where the fused
 * kernels apply (CPU, channels-last, f32 or bf16, channels a multiple of 16, !unfused), else by LibTorch's operators.
 * training: batch statistics, and running statistics move by `momentum` (the share of the new value). With a group (or
 * NULL) the batch is that of all its ranks together. */
CT_CALL ct_batch_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                      ct_tensor running_var, bool training, double momentum, double eps, bool relu, bool unfused,
                      ct_group *CT_NULLABLE group, ct_tensor *out);

/* Convolution without bias of x by `kernel` [o, c, k, l] (f32; rounded to x's type), then batch norm as above. At once, with no
 * gradient of the convolution's output in memory, where our own kernels apply (AVX2 or AVX-512, channels-last, f32 or bf16, 3x3
 * at stride 1 and padding 1, channels multiples of 16, !unfused), else one after the other. */
CT_CALL ct_conv_batch_norm(ct_tensor x, ct_tensor kernel, intptr_t stride, intptr_t pad_height, intptr_t pad_width,
                           ct_tensor residual, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                           ct_tensor running_var, bool training, double momentum, double eps, bool relu, bool unfused,
                           ct_group *CT_NULLABLE group, ct_tensor *out);

/* For evaluation: a convolution with batch norm's running statistics folded into its weights, laid out once for images like
 * `like`. Without gradients. */
typedef struct ct_folded ct_folded;
CT_CALL ct_fold(ct_tensor kernel, intptr_t stride, intptr_t pad_height, intptr_t pad_width, ct_tensor weight, ct_tensor bias,
                ct_tensor running_mean, ct_tensor running_var, double eps, ct_tensor like,
                ct_folded *CT_NULLABLE *CT_NONNULL out);
void ct_folded_free(ct_folded *folded);
/* act(conv(x, w') + b' + residual); residual.impl NULL: none. */
CT_CALL ct_folded_convolution(const ct_folded *folded, ct_tensor x, ct_tensor residual, bool relu, ct_tensor *out);

/* MARK: gradients */
CT_CALL ct_set_requires_grad(ct_tensor a, bool on);
CT_CALL ct_detach(ct_tensor a, ct_tensor *out);
CT_CALL ct_backward(ct_tensor loss);
CT_CALL ct_grad(ct_tensor a, bool *present, ct_tensor *out);
CT_CALL ct_clear_grad(ct_tensor a);
bool ct_grad_enabled(void);
void ct_set_grad_enabled(bool on); /* of the calling thread */

/* MARK: training step */
typedef struct ct_parameter {
  /* Same shape and layout, f32 or f64. `first`: momentum, or the mean of gradients; `second`: the mean of their squares,
   * impl NULL where there is none; average.impl NULL: none. */
  ct_tensor value, first, second, average;
  double weight_decay;
} ct_parameter;
/* Euclidean norm of all gradients together, summed in double. */
CT_CALL ct_gradient_norm(const ct_parameter *parameters, intptr_t n, double *norm);
/* Nesterov momentum as PyTorch states it, on gradients times `scale`, then average += (1 - decay)(value - average), one
 * pass over each parameter. A parameter without gradient is refused. Gradients are cleared. */
CT_CALL ct_sgd_step(const ct_parameter *parameters, intptr_t n, double rate, double momentum, double decay, double scale);
/* AdamW as PyTorch states it (decay apart from the gradient, both means corrected); `step` counts from 1. */
CT_CALL ct_adamw_step(const ct_parameter *parameters, intptr_t n, double rate, double beta1, double beta2, double epsilon,
                      intptr_t step, double decay, double scale);

/* The same steps by LibTorch's operators on lists of tensors, a few launches in all, for tensors of any device; nothing waits
 * for the device. Numbers that change from step to step are tensors [] f32 there, so that a captured step reads them anew.
 * `average` of the parameters is left alone. */
CT_CALL ct_clip_gradients(const ct_parameter *parameters, intptr_t n, double limit);
CT_CALL ct_list_sgd_step(const ct_parameter *parameters, intptr_t n, ct_tensor rate, double momentum);
CT_CALL ct_list_adamw_step(const ct_parameter *parameters, intptr_t n, ct_tensor rate, double beta1, double beta2, double epsilon,
                           ct_tensor step);
CT_CALL ct_list_blend(const ct_tensor *averages, const ct_tensor *values, intptr_t n, ct_tensor share); /* += share (value - average) */

/* MARK: search */
/* For each row of scores [q, n] merges into the row's running best: `values` [q, k] f32 and `indices` [q, k] i64, where -1 marks
 * an empty place; `ordered`: descending afterwards, equal scores the lower index first. NaN is never taken. Columns stand for offset + j. */
CT_CALL ct_merge_topk(ct_tensor scores, intptr_t offset, bool ordered, ct_tensor values, ct_tensor indices);
/* The same of products of rows in panels (ct_panels): queries, and `count` rows, plus bias [count] or none. Faster than a product and ct_merge_topk where
 * there is AVX2 alone, which ct_prefers_panels says. */
bool ct_prefers_panels(void);
CT_CALL ct_merge_panels(ct_tensor queries, ct_tensor rows, intptr_t count, ct_tensor bias, intptr_t offset, ct_tensor values, ct_tensor indices);
/* The same by products of bf16, where the processor multiplies pairs of them (else an error): rows [n, d] f32, d a multiple of 16, rounded and packed,
 * with the distances [n] f64 that they were moved by; and the merging of scores of queries [q, d] bf16 against `count` packed rows, plus bias [count] or none. */
bool ct_multiplies_pairs(void);
CT_CALL ct_pack_rough(ct_tensor rows, ct_tensor *packed, ct_tensor *errors);
CT_CALL ct_merge_rough(ct_tensor queries, ct_tensor packed, intptr_t count, ct_tensor bias, intptr_t offset, ct_tensor values, ct_tensor indices);
/* Indices of values [q, m] that lie more than slack [q] f64 below the row's k-th best become -1. */
CT_CALL ct_drop_candidates(ct_tensor values, ct_tensor slack, intptr_t k, ct_tensor indices);
/* Lengths of rows [n, d], f32 or f64, in double: [n]. */
CT_CALL ct_row_norms(ct_tensor a, ct_tensor *out);
/* Exact scores, cosines or minus Euclidean distances, of those of each query's candidates [q, m] i64 that are rows offset..<offset + n, given
 * as the base: into `scores` [q, m] f64 at their places. The rows are as in ct_row_norms. */
CT_CALL ct_candidate_scores(ct_tensor base, intptr_t offset, ct_tensor base_norms, ct_tensor queries, ct_tensor query_norms, ct_tensor candidates,
                            bool euclidean, ct_tensor scores);
/* The k best of each query's candidates by such scores, best first, equal ones by index: [q, k] f64 and [q, k] i64. */
CT_CALL ct_best_candidates(ct_tensor scores, ct_tensor candidates, intptr_t k, ct_tensor *out_scores, ct_tensor *out_candidates);

/* MARK: logistic regression */
/* On rows [n, size] of features, f32, size a multiple of 16, and weights [K, size], f32. An empty tensor stands for none. */
CT_CALL ct_logistic_logits(ct_tensor rows, ct_tensor weights, ct_tensor *out); /* [n, K] f32 */
/* values' rows, or values' rows^2, of values [n, K] f32: [K, size] f64. */
CT_CALL ct_logistic_sums(ct_tensor rows, ct_tensor values, bool squared, ct_tensor *out);
/* Logits [n, fits K] f64 of several fits become the derivatives of their summed losses [fits] f64. Labels [n] i64: cross-entropy, weights [n]; else
 * signs [n, K] and weights [n, K] as below; f64, empty where there are none. */
CT_CALL ct_logistic_residuals(ct_tensor logits, ct_tensor labels, ct_tensor signs, ct_tensor weights, intptr_t fits, ct_tensor *losses);
/* Symmetric blocks [K, e, e] times vectors [K, e], f32: [K, e]. */
CT_CALL ct_block_products(ct_tensor blocks, ct_tensor vectors, ct_tensor *out);
/* Of logits [n, K] the summed loss, its derivatives by the logits, and what products with the second ones take: with labels [n] i64
 * cross-entropy, its residuals and probabilities; without, binary cross-entropies with signs [n, K] (-1: has the class, 1: has it not),
 * residuals and curvatures. weights [n], or [n, K] without labels: what examples count. */
CT_CALL ct_logistic_losses(ct_tensor logits, ct_tensor labels, ct_tensor signs, ct_tensor weights, double *loss, ct_tensor *residual, ct_tensor *spread);
/* The Hessian of the summed loss times a direction [K, size] f32: [K, size] f64, and the direction's logits [n, K] f32, none where the rows are
 * bf16, as they may be here. labels and weights [n] as in ct_logistic_losses; without labels the spread is the weighted curvature. */
CT_CALL ct_logistic_hessian(ct_tensor rows, ct_tensor spread, ct_tensor labels, ct_tensor weights, ct_tensor direction, ct_tensor *logits, ct_tensor *out);

/* MARK: sums over features */
/* Rows x [n, d] in f32, memory order; sums in double. */
CT_CALL ct_column_sums(ct_tensor x, ct_tensor *out); /* [d] f64 */
/* scale (x - center), center [d] f64; and the sum of each row's squares [n] f64. */
CT_CALL ct_subtract_row(ct_tensor x, ct_tensor center, double scale, ct_tensor *out, ct_tensor *squares);
/* The same in panels of 16 rows, as ct_gram takes them: [n / 16 (up), d, 16]. */
CT_CALL ct_panels(ct_tensor x, ct_tensor center, double scale, ct_tensor *out, ct_tensor *squares);
/* The products of all rows of a with all rows of b, both in panels: [16 panels of a, 16 panels of b], 0 beyond the last rows. With
 * `upper`, of a with itself, only above the diagonal, 0 elsewhere. */
CT_CALL ct_gram(ct_tensor a, ct_tensor b, bool upper, ct_tensor *out);
/* For every row y = x - center of x [n, d] (f32 or f64), divided by its length if `unit`: sums[class] += y - shifts[class],
 * squares[class] += |y - shifts[class]|^2, counts[class] += 1; a class's first row becomes its shift. `classes` i64 [n] in 0..<k, `sums` [k, d]
 * and `squares` [k] f64, `counts` i64 [k], center [d] f64 or impl NULL. shifts [k, d] f64: in double; `left` counts the rows of zeros, which have
 * no length and are left out. shifts f32, of rows in f32: in f32 but for sums of more than four numbers; `left` counts the rows whose length
 * f32 does not hold. The same bytes for any number of threads. */
CT_CALL ct_add_class_sums(ct_tensor x, ct_tensor classes, ct_tensor center, bool unit, ct_tensor shifts, ct_tensor counts, ct_tensor sums, ct_tensor squares, intptr_t *left);
/* `sum` += the weighted sum of the angles between rows of a [n, d] and b [m, d], f32, unit vectors but for rounding: weights[i] other_weights[j]
 * for each pair of different class, or for every pair where `within`. `products` are ct_gram of the same rows in panels less a common
 * shift, `squares` [n] and `other_squares` [m] f64 as ct_panels gives them. `upper`: only pairs i < j. Near-equal and near-opposite rows are
 * taken from the rows themselves. weights f64, classes i64. The same bytes for any number of threads. */
CT_CALL ct_add_angles(ct_tensor products, ct_tensor a, ct_tensor b, ct_tensor squares, ct_tensor other_squares, ct_tensor weights, ct_tensor other_weights, ct_tensor classes,
                      ct_tensor other_classes, bool within, bool upper, double *sum);
/* sums[i] += factor times the sum of the elementwise product of tensors[pairs[2 i]] and tensors[pairs[2 i + 1]], all of one size. */
CT_CALL ct_add_dots(const ct_tensor *tensors, intptr_t n, const intptr_t *pairs, intptr_t count, double factor, double *sums);

/* MARK: outputs of classifiers */
/* Outputs z [n, K], f32 or f64 in memory order, in double. Each of these sets `bad` to the first row that does not hold what `kind` says
 * (finite numbers; -infinity too; or numbers in 0...1 that sum to 1), or to -1; results are of use only then. */
typedef enum ct_output_kind { ct_outputs_logits, ct_outputs_log_probabilities, ct_outputs_probabilities } ct_output_kind;
/* With p = softmax(scale z + offset), scale and offset [K] or NULL, or p = z where `kind` is probabilities: `rows` [n, 3] f64 are log p of the
 * label, the largest p, and the squared distance of p from the label's unit vector; `answers` [n] i64 the first class with the largest p; `gaps`
 * [bins, K] the sums, over the examples with p_k in [b / bins, (b + 1) / bins), the last closed, of p_k less 1 where k is the label.
 * The same bytes for any number of threads. */
CT_CALL ct_output_rows(ct_tensor outputs, ct_tensor labels, ct_output_kind kind, const double *CT_NULLABLE scale, const double *CT_NULLABLE offset, intptr_t bins,
                       ct_tensor *rows, ct_tensor *answers, ct_tensor *gaps, intptr_t *bad);
/* Sums over rows, with y = scale z + offset less its largest: of -log p(label) (`nll`); of E_p[y] - y(label), the slope of nll by a
 * common factor's logarithm (`first`), and of the variance of y, its curvature (`second`); of mean(y) - y(label) (`uniform`); of
 * y(label); and the lowest y of all. */
typedef struct ct_slopes {
  double nll, first, second, uniform, label_gap, widest;
} ct_slopes;
/* Adds to `slopes`, and the gradient of nll by scale and offset to `gradient` [2, K], which may be NULL. */
CT_CALL ct_output_slopes(ct_tensor outputs, ct_tensor labels, ct_output_kind kind, const double *CT_NULLABLE scale, const double *CT_NULLABLE offset, ct_slopes *slopes,
                         double *CT_NULLABLE gradient, intptr_t *bad);
/* The first class with the largest mean of the probabilities, and of the logits, of `count` outputs of one shape, [n] i64, and of each by
 * itself, `own` [count, n]. `bad_member`: which of them has the row. */
CT_CALL ct_mean_outputs(const ct_tensor *members, intptr_t count, ct_output_kind kind, ct_tensor *by_probability, ct_tensor *by_logit, ct_tensor *own, intptr_t *bad_member, intptr_t *bad);

/* MARK: any operator, by name */
typedef enum ct_value_kind { ct_value_none, ct_value_tensor, ct_value_int, ct_value_double, ct_value_bool, ct_value_ints, ct_value_tensors } ct_value_kind;
typedef struct ct_value {
  ct_value_kind kind;
  ct_tensor tensor;
  intptr_t integer; /* also the count of ints or tensors */
  double real;
  const intptr_t *CT_NULLABLE ints;
  const ct_tensor *CT_NULLABLE tensors;
} ct_value;
/* Calls e.g. "aten::cumprod" (overload "" or a name) boxed, with all its arguments; defaults are filled in at the
 * end. Writes up to `capacity` tensor results. */
CT_CALL ct_call(const char *name, const char *overload, const ct_value *arguments, intptr_t n, ct_tensor *results,
                intptr_t capacity, intptr_t *count);

/* MARK: machine */
CT_CALL ct_set_threads(intptr_t n);
intptr_t ct_threads(void);
void ct_keep_freed_memory(void); /* before the first tensor */
CT_CALL ct_describe(char *text, intptr_t capacity); /* LibTorch's build configuration */
const char *ct_version(void);
const char *ct_cpu_capability(void);
bool ct_has_bf16(void); /* whether the processor multiplies bf16 faster than f32 */
bool ct_has_cuda(void);
bool ct_has_mps(void);
bool ct_built_with_cuda(void); /* linked with a LibTorch for CUDA, GPU or not */

/* MARK: devices */
intptr_t ct_device_count(ct_device device);
/* The calling thread works on this device from now on; on CUDA on a stream of its own, which can be captured. */
CT_CALL ct_use_device(ct_device device, intptr_t index);
CT_CALL ct_synchronize(ct_device device, intptr_t index);
CT_CALL ct_device_memory(ct_device device, intptr_t index, intptr_t *free, intptr_t *total); /* bytes; 0 where not known */
/* Of CUDA, for the whole process, before its first work: the same bits each time, or the fastest kernels; f32 products in f32
 * or in TF32. */
CT_CALL ct_set_numerics(bool deterministic, bool tf32);
/* Work recorded once and launched as a whole (CUDA). Between begin and end nothing runs and nothing may wait for the device. */
typedef struct ct_graph ct_graph;
CT_CALL ct_graph_create(ct_graph *CT_NULLABLE *CT_NONNULL out);
CT_CALL ct_graph_begin(ct_graph *graph);
CT_CALL ct_graph_end(ct_graph *graph);
CT_CALL ct_graph_replay(ct_graph *graph);
void ct_graph_free(ct_graph *graph);

/* MARK: processes */
enum { ct_no_contact = 3 }; /* another rank did not come, ended, or did not answer in time: an error code */
typedef enum ct_reduction { ct_reduce_sum, ct_reduce_mean, ct_reduce_max } ct_reduction;
typedef struct ct_pending ct_pending;
typedef struct ct_buckets ct_buckets;
/* Meets the other ranks at host:port within `timeout` seconds, the limit of every operation that follows too. `serves`:
 * this process holds the store there. `prefix` keeps groups that share a store apart. */
CT_CALL ct_group_join(const char *host, intptr_t port, intptr_t rank, intptr_t size, bool serves, const char *prefix,
                      double timeout, ct_group *CT_NULLABLE *CT_NONNULL out);
/* Makes tensors of this rank's GPU exchangeable, by NCCL; a build for CUDA alone has it. Operations on such tensors are
 * launched: their results stand in the order of the GPU's work, and `settle` waits for all and tells who was lost. */
CT_CALL ct_group_use_gpu(ct_group *group, intptr_t index);
CT_CALL ct_group_settle(ct_group *group);
void ct_group_leave(ct_group *group);
/* Each of these is called by every rank, in the same order, with the same shapes and types. After ct_no_contact the
 * group is of no use any more. */
CT_CALL ct_barrier(ct_group *group);
CT_CALL ct_broadcast(ct_group *group, ct_tensor a, intptr_t root, ct_tensor *out);
CT_CALL ct_all_gather(ct_group *group, ct_tensor a, ct_tensor *out); /* [...] -> [size, ...] */
CT_CALL ct_tracked_sum(ct_group *group, ct_tensor a, ct_tensor *out); /* its gradient: the ranks' gradients' sum */
CT_CALL ct_all_reduce_start(ct_group *group, ct_tensor a, ct_reduction kind, ct_pending *CT_NULLABLE *CT_NONNULL out);
CT_CALL ct_pending_wait(ct_pending *pending, ct_tensor *out);
void ct_pending_free(ct_pending *pending);
/* Buckets of gradients, of at least `bytes` each but the last of a type. After `arm`, the next backward starts the
 * reduction of each bucket that it has filled; `finish` waits and sets the gradients, which lie in the buckets. */
CT_CALL ct_buckets_create(ct_group *group, const ct_tensor *parameters, intptr_t n, intptr_t bytes, ct_reduction kind,
                          ct_buckets *CT_NULLABLE *CT_NONNULL out);
CT_CALL ct_buckets_arm(ct_buckets *buckets);
CT_CALL ct_buckets_finish(ct_buckets *buckets);
void ct_buckets_free(ct_buckets *buckets);

#ifdef __cplusplus
}
#endif
#ifdef __clang__
#pragma clang assume_nonnull end
#endif
#endif
