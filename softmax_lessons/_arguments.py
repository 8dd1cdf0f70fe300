"""Every check of an argument. Each takes the argument and its name; errors say what would work."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from numbers import Real
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from softmax_lessons._blockwise import as_lines, sum_along

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray: TypeAlias = NDArray[np.floating[Any]]
    FloatDtype: TypeAlias = np.dtype[np.floating[Any]]
    Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...]
    Entries: TypeAlias = NDArray[Any] | list[Any] | tuple[Any, ...]  # more than one number
    Float = TypeVar("Float", bound=np.floating[Any])
    Number: TypeAlias = float | np.floating[Any] | np.integer[Any]

# The floats that float32 makes neither 0 nor inf.
SMALLEST, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
NATIVE = {np.dtype(np.float32), np.dtype(np.float64)}  # used as they are
COMPLEX = "pass numpy.real({0}) or numpy.abs({0})"
NOT_NUMPYS_OWN = "pass numpy.asarray({0}).astype(numpy.float32)"
STRUCTURED = "pass numpy.lib.recfunctions.structured_to_unstructured({0})"
DATES = "pass numbers, such as numpy.subtract({0}, numpy.min({0})) / numpy.timedelta64(1, '{1}')"
TIMES = "pass numbers, such as numpy.divide({0}, numpy.timedelta64(1, '{1}'))"
UNEVEN = (
    "{0} has rows of different lengths: pad them to one length, and pass where=mask with False at "
    "the padding. Functions without where take -inf there as a score, and 0 as a probability"
)
# Ways to make numbers of objects and text: the first that works is the advice.
CONVERSIONS: list[tuple[str, Callable[[Any], Any]]] = [
    ("numpy.asarray({0}, dtype=float)", lambda x: np.asarray(x, dtype=float)),
    ("numpy.array(list({0}), dtype=float)", lambda x: np.array(list(x), dtype=float)),
    ("numpy.array({0}.tolist(), dtype=float)", lambda x: np.array(x.tolist(), dtype=float)),
    (
        "{0}.to_numpy(dtype=float, na_value=numpy.nan)",
        lambda x: x.to_numpy(dtype=float, na_value=np.nan),
    ),
]


# --- arrays -----------------------------------------------------------------------------------


def is_from(x: object, module: str) -> bool:
    """Tell whether ``x`` is of a class defined in ``module``, without importing it."""
    return any((c.__module__ + ".").startswith(module + ".") for c in type(x).__mro__)


def as_floats(x: ArrayLike, name: str) -> tuple[FloatArray, FloatDtype]:
    """Return ``x`` as floats to calculate with, and the dtype that the result is returned in.

    Integers become float64 before anything is subtracted: uint8 would wrap around at 0. float16
    is calculated in float32: a sum of 70,000 ones overflows float16. The array may be ``x``
    itself, so it must not be written to.
    """
    if type(x) is np.ndarray and x.dtype in NATIVE:
        return x, x.dtype
    check_tensor(x, name, ", or use torch.softmax & co.")
    check_masked(x, name, "{0}.filled(value), or {0}.data with where=~{0}.mask")
    array = as_plain_array(x, name)
    if not issubclass(array.dtype.type, np.floating | np.integer | np.bool_) or (
        array.dtype.kind == "m"  # which NumPy takes for an integer
    ):
        advice = advice_on_numbers(x, array, name)
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}{advice}")
    kind = array.dtype.kind
    dtype = array.dtype.newbyteorder("=") if kind == "f" else np.dtype(np.float64)
    return array.astype(np.promote_types(dtype, np.float32), copy=False), dtype


def as_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """Return ``x`` as a plain array. An empty list, which has no dtype to go by, holds integers."""
    check_tensor(x, name)
    check_masked(x, name, "{0}.filled(value)")
    array = as_plain_array(x, name)
    check_listed(x, array, name)
    return array if array.size or isinstance(x, np.ndarray) else array.astype(np.intp)


def as_plain_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """Return what NumPy makes of ``x``; say what to do about sparse matrices and uneven rows."""
    if is_from(x, "scipy.sparse"):
        flat = ".ravel()" if 1 in x.shape else ""  # type: ignore[union-attr]
        raise TypeError(f"{name} is a sparse matrix: pass {name}.toarray(){flat}")
    if is_from(x, "sparse"):
        raise TypeError(f"{name} is a sparse array: pass {name}.todense()")
    try:
        array = np.asarray(x)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(UNEVEN.format(name)) from None
    if array.dtype.kind == "O" and array.size:
        for module, dense in (("scipy.sparse", "toarray"), ("sparse", "todense")):
            if all(is_from(entry, module) for entry in array.flat):
                code = f"numpy.array([entry.{dense}() for entry in {name}])"
                raise TypeError(f"{name} holds sparse arrays: pass {code}")
    return array


def listed(x: object, module: str) -> list[Any]:
    """Return the entries of a list or tuple that are of a class defined in ``module``."""
    if not isinstance(x, list | tuple) or set(map(type, x)) <= {int, float, list, np.ndarray}:
        return []  # soon, for long lists
    return [entry for entry in x if is_from(entry, module)]


def check_listed(x: object, array: NDArray[Any], name: str) -> None:
    """Raise if NumPy takes a set, an iterator or a mapping for one object."""
    one_object = not array.ndim and array.dtype.kind == "O"
    if one_object and isinstance(x, Iterable) and not isinstance(x, np.ndarray):
        code = values_of(x) if isinstance(x, Mapping) else "list({0})"
        raise TypeError(f"{name} must be a list or an array: pass {code.format(name)}")


def check_masked(x: object, name: str, advice: str) -> None:
    """Raise if ``x`` is a masked array, or a list of them: NumPy would drop the masks."""
    if is_from(x, "numpy.ma"):
        raise TypeError(f"{name} is a masked array: pass {advice.format(name)}")
    if listed(x, "numpy.ma"):
        code = advice.format(f"numpy.ma.array({name})")
        raise TypeError(f"{name} holds masked arrays: pass {code}")


def check_tensor(x: object, name: str, advice: str = "") -> None:
    """Raise if ``x`` is a torch tensor, or a list of tensors that NumPy cannot read."""
    if is_from(x, "torch"):
        code, kind = numpy_of(x, name), "is a torch tensor"
    else:
        tensors = listed(x, "torch")
        codes = [numpy_of(tensor, f"torch.stack({name})") for tensor in tensors]
        plain = f"torch.stack({name}).detach().numpy()"
        if all(code == plain for code in codes) and not any(t.requires_grad for t in tensors):
            return
        code, kind = max(codes, key=lambda code: len(code or "")), "holds torch tensors"
    if code is None:
        raise TypeError(f"{name} {kind} on the device meta, where there are no numbers")
    raise TypeError(f"{name} {kind}: pass {code}{advice}")


def numpy_of(tensor: Any, name: str) -> str | None:
    """Return the code that makes an array of a torch tensor, however it is stored; None if none."""

    def has(flag: str) -> bool:
        value = getattr(tensor, flag, False)
        return bool(value() if callable(value) else value)

    dtype, layout = (str(getattr(tensor, key, "")) for key in ("dtype", "layout"))
    if has("is_meta"):
        return None
    steps = {
        "detach()": True,
        "to_padded_tensor(-numpy.inf)": has("is_nested"),
        "to_dense()": "sparse" in layout,
        "dequantize()": has("is_quantized"),
        "float()": dtype.startswith(("torch.bfloat16", "torch.float8")),
        "resolve_conj()": not has("is_nested") and has("is_conj"),
        "resolve_neg()": not has("is_nested") and has("is_neg"),
        "cpu()": str(getattr(tensor, "device", "cpu")) != "cpu",
    }
    return ".".join([name, *(step for step, needed in steps.items() if needed), "numpy()"])


def advice_on_numbers(x: object, array: NDArray[Any], name: str) -> str:
    """Return what makes real numbers of ``x``, after a colon; nothing if nothing does."""
    kind, dtype = array.dtype.kind, array.dtype
    if kind in "Mm":
        unit = np.datetime_data(dtype)[0]
        unit = unit if unit in "YM" else "s"  # months and years have no length in seconds
        return ": " + (DATES if kind == "M" else TIMES).format(name, unit)
    if kind == "c":
        return ": " + COMPLEX.format(name)
    if kind not in "OSUT":  # such as bfloat16
        return ": " + (STRUCTURED if dtype.names else NOT_NUMPYS_OWN).format(name)
    if isinstance(x, Iterator):
        return f": pass numpy.array(list({name}), dtype=float)"
    conversions = CONVERSIONS
    if isinstance(x, Mapping):  # as a list it is its keys
        code = f"numpy.array({values_of(x)}, dtype=float)"
        conversions = [(code, lambda x: np.array(list(x.values()), dtype=float))]
    for code, convert in conversions:
        try:
            if convert(x).dtype == np.float64:
                return f": pass {code.format(name)}"
        except Exception:
            continue
    if kind == "O" and any(
        isinstance(row, Sized) and not isinstance(row, str) for row in array.flat
    ):
        return ". " + UNEVEN.format(name)
    example = array.flat[0]
    example = example.item() if isinstance(example, np.generic) else example
    return f", such as {repr(example)[:40]}"


def values_of(x: Mapping[Any, Any]) -> str:
    """Return the code that lists the values; those of class numbers in the order of the classes."""
    numbered = all(isinstance(key, int | np.integer) for key in x)
    in_order = not numbered or list(x) == sorted(x)
    return "list({0}.values())" if in_order else "[{0}[i] for i in sorted({0})]"


def are_numbers(array: NDArray[Any]) -> bool:
    """Tell whether booleans, objects or text can all be read as numbers."""
    try:
        return array.dtype.kind in "bOUST" and not np.isnan(array.astype(np.float64)).any()
    except (TypeError, ValueError):
        return False


def is_missing(x: object) -> bool:
    """Tell whether ``x`` stands for no value: None, NaN, NaT or pandas.NA."""
    try:
        return x is None or bool(x != x)
    except TypeError:  # pandas.NA is neither equal to itself nor unequal
        return True


def as_mask(
    where: ArrayLike | None, name: str, shape: tuple[int, ...], name_of_x: str = "x"
) -> NDArray[np.bool_] | None:
    """Return ``where`` as booleans of the given shape; None stays None."""
    if where is None:
        return None
    check_tensor(where, name)
    check_masked(where, name, "{0}.filled(False)")
    mask = as_plain_array(where, name)
    check_listed(where, mask, name)
    if mask.dtype != np.bool_:
        advice = "pass a comparison"
        if mask.dtype == object and all(isinstance(entry, bool | np.bool_) for entry in mask.flat):
            advice = f"pass numpy.asarray({name}, dtype=bool)"
        elif mask.dtype.kind in "iuf":  # masks that are added hold 0 for what counts, and -inf
            advice += f", such as numpy.{'equal' if (mask < 0).any() else 'not_equal'}({name}, 0)"
        raise TypeError(f"{name} must be boolean, got dtype {mask.dtype}: {advice}")
    return broadcast_mask(mask, name, shape, name_of_x)


def broadcast_mask(
    mask: NDArray[Any], name: str, shape: tuple[int, ...], name_of_x: str
) -> NDArray[Any]:
    """Return ``mask`` in the given shape; if it does not fit, say which axes it may lack."""
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        message = f"{name} of shape {mask.shape} does not broadcast to the shape of {name_of_x}"
        lacking: tuple[int, ...] = ()
        of_padding = (*shape[:1], *shape[-1:])  # the same in all rows
        if mask.shape == shape[: mask.ndim]:  # one entry for each row
            lacking = tuple(range(mask.ndim, len(shape)))
        elif len(shape) > 2 and mask.shape == of_padding:
            lacking = tuple(range(1, len(shape) - 1))
        advice = f": pass numpy.expand_dims({name}, {lacking})" if lacking else ""
        raise ValueError(f"{message}, {shape}{advice}") from None


def check_out(out: object, name: str, shape: tuple[int, ...], dtype: FloatDtype) -> None:
    """Raise unless ``out`` is None or a plain array that can take the result as it is."""
    if out is None:
        return
    if type(out) is not np.ndarray and (
        not isinstance(out, np.ndarray) or isinstance(out, np.matrix) or is_from(out, "numpy.ma")
    ):
        code = numpy_of(out, name) if is_from(out, "torch") else None
        in_place = code == f"{name}.detach().numpy()"  # the other ways make a copy
        advice = f": pass {code}" if in_place else ""
        raise TypeError(f"{name} must be a NumPy array, got {type(out).__name__}{advice}")
    if out.dtype != dtype:
        raise TypeError(f"{name} must have dtype {dtype}, got {out.dtype}")
    if out.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError(f"{name} must be writable, got a read-only array")


def check_drawable(x: FloatArray, name: str, axes: tuple[int, ...]) -> None:
    """Raise unless each row of logits has probabilities to draw from."""
    highest = x.max(axis=axes, initial=-math.inf)
    bad = highest[~np.isfinite(highest)]
    if bad.size:
        got = f"a row with {bad[0]}"
        if bad[0] < 0:
            got = "a row of -inf alone" if x.size else f"no classes, shape {x.shape}"
        raise ValueError(f"{name} must hold something to draw in each row, got {got}")


# --- axes -------------------------------------------------------------------------------------


def as_axes(axis: Axis, name: str, ndim: int) -> tuple[int, ...]:
    """Return ``axis`` as a sorted tuple of non-negative integers."""
    if type(axis) is int:
        return (normalize_axis_index(axis, ndim),)
    message = f"{name} must be an integer or a tuple of integers, got {axis!r}"
    if axis is None:  # SciPy's way to say: all of it
        raise TypeError(f"{message}: for the whole array pass tuple(range(x.ndim))")
    if isinstance(axis, str):  # the empty one would pass for an empty tuple
        raise TypeError(message)
    try:
        return tuple(sorted(normalize_axis_tuple(axis, ndim)))  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(message) from None


def shape_of_rows(
    shape: tuple[int, ...], axes: tuple[int, ...], *, keepdims: bool = False
) -> tuple[int, ...]:
    """Return a shape without ``axes``, or with length 1 along them."""
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def common_shape(
    a: FloatArray, b: FloatArray, names: tuple[str, str], axis: Axis
) -> tuple[int, ...]:
    """Return the shape that two arrays broadcast to; along ``axis`` nothing is stretched."""
    first, second = names
    message = f"{first} of shape {a.shape} and {second} of shape {b.shape}"
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(f"{message} do not broadcast") from None
    for i in as_axes(axis, "axis", len(shape)):
        lengths = [((1,) * len(shape) + x.shape)[len(x.shape) + i] for x in (a, b)]
        if lengths[0] != lengths[1]:
            raise ValueError(f"{message} must have the same length along axis {i}, got {lengths}")
    return shape


# --- attention --------------------------------------------------------------------------------


def check_attention(arrays: Sequence[FloatArray], names: tuple[str, str, str]) -> None:
    """Raise unless queries, keys and values fit: (..., L, d), (..., S, d) and (..., S, e)."""
    for array, name, axis in zip(arrays, names, (0, 0, -1), strict=True):
        if array.ndim < 2:
            advice = f": pass numpy.expand_dims({name}, {axis})" if array.ndim else ""
            raise ValueError(f"{name} must have two axes or more, got shape {array.shape}{advice}")
    (q, k, v), (name_of_q, name_of_k, name_of_v) = arrays, names
    d, n_keys = q.shape[-1], k.shape[-2]
    if k.shape[-1] != d or d == 0:
        message = f"{name_of_q} of shape {q.shape} and {name_of_k} of shape {k.shape}"
        turned = f": pass numpy.swapaxes({name_of_k}, -1, -2)" if 0 < d == n_keys else ""
        raise ValueError(f"{message} must have one length, above 0, along the last axis{turned}")
    if v.shape[-2] != n_keys:
        message = f"{name_of_k} of shape {k.shape} and {name_of_v} of shape {v.shape}"
        raise ValueError(f"{message} must have the same length along axis -2: a value for each key")
    for i, j in ((0, 1), (0, 2), (1, 2)):
        check_heads((arrays[i], arrays[j]), (names[i], names[j]))


def check_heads(arrays: tuple[FloatArray, FloatArray], names: tuple[str, str]) -> None:
    """Raise unless the axes before the last two broadcast."""
    shape, other = (a.shape[:-2] for a in arrays)
    if not do_broadcast(shape, other):
        message = f"{names[0]} of shape {arrays[0].shape} and {names[1]} of shape {arrays[1].shape}"
        heads, groups, advice = shape[-1], other[-1], ""
        # Several heads of queries may share keys.
        if 1 < groups < heads and heads % groups == 0 and do_broadcast(shape[:-1], other[:-1]):
            advice = f": pass numpy.repeat({names[1]}, {heads // groups}, axis=-3)"
        raise ValueError(f"{message} do not broadcast before the last two axes{advice}")


def do_broadcast(*shapes: tuple[int, ...]) -> bool:
    """Tell whether arrays of these shapes broadcast."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def as_attention_mask(
    mask: ArrayLike | None, name: str, shape: tuple[int, ...], *, is_causal: bool
) -> tuple[NDArray[np.bool_] | bool, FloatArray | float]:
    """Return where the scores, of the given shape, count, and what is added to them."""
    *_, n_queries, n_keys = shape
    # Counted from the last query and the last key: a cache may hold keys of earlier queries.
    offset = n_keys - n_queries
    if mask is None:
        return np.tri(n_queries, n_keys, offset, dtype=np.bool_) if is_causal else True, 0.0
    check_tensor(mask, name)  # before NumPy tries to read it
    is_added = as_plain_array(mask, name).dtype.kind in "fV"
    if is_causal:
        causal = f"numpy.tri({n_queries}, {n_keys}, {offset}, dtype=bool)"
        added = f"numpy.where({causal}, {name}, -numpy.inf)"
        code = added if is_added else f"numpy.logical_and({name}, {causal})"
        raise ValueError(f"{name} and is_causal cannot be passed together: join them, mask={code}")
    if is_added:
        check_masked(mask, name, "{0}.filled(-numpy.inf)")
        bias = broadcast_mask(as_floats(mask, name)[0], name, shape, "the scores")
        return bias != -np.inf, bias
    counts = as_mask(mask, name, shape, "the scores")
    return True if counts is None else counts, 0.0


# --- rows in pieces ---------------------------------------------------------------------------


def check_piece(
    shape: tuple[int, ...], name: str, rows: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    """Raise unless scores of the given shape have these rows, but for their length along axes."""
    if shape_of_rows(shape, axes, keepdims=True) != rows:
        seen = tuple("n" if i in axes else n for i, n in enumerate(rows))
        fits = f"({', '.join(map(str, seen))}{',' * (len(seen) == 1)})"
        raise ValueError(f"{name} must have the rows that were seen, shape {fits}, got {shape}")


def check_values(
    values: FloatArray, name: str, shape: tuple[int, ...], axes: tuple[int, ...], axis: Axis
) -> None:
    """Raise unless there are values for the entries of scores along their last axis."""
    if axes != (len(shape) - 1,):
        advice = f": pass numpy.moveaxis(scores, {axis}, -1)" if len(axes) == 1 else ""
        raise ValueError(f"{name} go with the last axis of the scores, got axis {axis}{advice}")
    if values.ndim < 2:
        advice = f": pass numpy.expand_dims({name}, -1)" if values.ndim else ""
        raise ValueError(f"{name} must have two axes or more, got shape {values.shape}{advice}")
    if values.shape[-2] != shape[-1] or not does_reach(values.shape[:-2], shape[:-2]):
        fits = f"({', '.join(map(str, (*shape[:-2], shape[-1], 'e')))})"
        message = f"{name} of shape {values.shape} do not fit scores of shape {shape}"
        raise ValueError(f"{message}: they must have shape {fits}, a row for each entry")


def does_reach(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether arrays of ``shape`` broadcast to ``other``."""
    return do_broadcast(shape, other) and np.broadcast_shapes(shape, other) == other


# --- numbers and choices ----------------------------------------------------------------------


def as_real(x: object, name: str) -> float:
    """Return ``x`` as a float; a Python integer may be larger than any."""
    if not isinstance(x, Real):
        raise TypeError(f"{name} must be one real number, got {x!r}")
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf  # type: ignore[operator]


def as_temperature(temperature: Number, name: str) -> float:
    """Return ``temperature`` as a finite float above 0."""
    if type(temperature) is float and SMALLEST <= temperature <= LARGEST:
        return temperature
    t = as_real(temperature, name)
    if t == 0:
        raise ValueError(f"{name} must be above 0, got {temperature!r}: use hardmax, its limit")
    if t == math.inf:
        limit = "its limit is uniform, 1 / n each"
        raise ValueError(f"{name} must be finite, got {temperature!r}: {limit}")
    if not t > 0:
        raise ValueError(f"{name} must be above 0, got {temperature!r}")
    return in_any_dtype(t)


def as_positive(x: Number, name: str) -> float:
    """Return ``x`` as a finite float above 0."""
    number = as_real(x, name)
    if not 0 < number < math.inf:
        raise ValueError(f"{name} must be above 0 and finite, got {x!r}")
    return in_any_dtype(number)


def in_any_dtype(number: float) -> float:
    """Return a positive float, as float64 where float32 would make it 0 or inf."""
    fits = SMALLEST <= number <= LARGEST
    return number if fits else np.float64(number)  # NumPy turns a float into the array's dtype


def as_alpha(alpha: Number, name: str) -> float:
    """Return the parameter of entmax as a finite float of 1 or above."""
    a = as_real(alpha, name)
    if not 1 <= a < math.inf:
        limits = "1 is softmax, 2 sparsemax"
        raise ValueError(f"{name} must be 1 or above and finite, got {alpha!r}: {limits}")
    return a


def as_label_smoothing(label_smoothing: Number, name: str) -> np.longdouble:
    """Return ``label_smoothing`` as a number from 0 to below 1, with all its digits."""
    smoothing = as_real(label_smoothing, name)
    if not 0 <= smoothing < 1:
        raise ValueError(f"{name} must be 0 or above and below 1, got {label_smoothing!r}")
    return np.longdouble(
        label_smoothing if isinstance(label_smoothing, np.longdouble) else smoothing
    )


def as_tolerance(tolerance: Number | None, name: str, default: float) -> float:
    """Return a tolerance as a finite float of 0 or above; None stands for the default."""
    if tolerance is None:
        return default
    t = as_real(tolerance, name)
    if not 0 <= t < math.inf:
        raise ValueError(f"{name} must be 0 or above and finite, got {tolerance!r}")
    return t


def as_step(eps: Number | None, name: str, default: float, above: float) -> float:
    """Return a step as a finite float above a bound; None stands for the default."""
    if eps is None:
        return default
    step = as_real(eps, name)
    if not above < step < math.inf:
        raise ValueError(f"{name} must be above {above:.2g} and finite, got {eps!r}")
    return step


def as_fraction(p: Number, name: str, *, above: bool = False, advice: str = "") -> float:
    """Return ``p`` as a float from 0 to 1, or above 0 if ``above``; the advice is for a 0."""
    fraction = as_real(p, name)
    if not 0 <= fraction <= 1 or (above and fraction == 0):
        hint = advice if fraction == 0 else ""
        if 1 < fraction <= 100:
            hint = f": a percentage is divided by 100, {fraction / 100:g}"
        bounds = "above 0 and at most 1" if above else "from 0 to 1"
        raise ValueError(f"{name} must be {bounds}, got {p!r}{hint}")
    return fraction


def as_count(count: SupportsIndex, name: str, at_least: int, advice: str = "") -> int:
    """Return ``count`` as an integer that is large enough."""
    try:
        n = operator.index(count)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {count!r}") from None
    if n < at_least:
        raise ValueError(f"{name} must be {at_least} or more, got {n}{advice}")
    return n


def as_size(size: SupportsIndex | Sequence[SupportsIndex] | None, name: str) -> tuple[int, ...]:
    """Return ``size`` as a shape; None stands for that of one number."""
    if size is None:
        return ()
    message = f"{name} must be an integer or a tuple of integers, got {size!r}"
    if isinstance(size, str | set):  # the empty text would pass for (), and a set has no order
        raise TypeError(message)
    try:
        lengths = (operator.index(size),) if isinstance(size, SupportsIndex) else tuple(size)
        shape = tuple(map(operator.index, lengths))
    except TypeError:
        raise TypeError(message) from None
    if any(n < 0 for n in shape):
        raise ValueError(f"{name} must hold lengths of 0 or more, got {size!r}")
    return shape


def as_generator(rng: Any, name: str) -> np.random.Generator:
    """Return the generator that ``rng`` is, or that it seeds."""
    message = f"{name} must be a numpy.random.Generator or a seed, got {rng!r}"
    if rng is None:  # NumPy would take another seed each time
        raise TypeError(f"{message}: pass numpy.random.default_rng()")
    try:
        return np.random.default_rng(rng)
    except TypeError:
        raise TypeError(f"{message}: pass numpy.random.default_rng(seed)") from None
    except ValueError:
        raise ValueError(f"{message}: a seed is an integer of 0 or more") from None


def check_choice(choice: str, name: str, choices: Sequence[str]) -> None:
    """Raise unless ``choice`` is one of the choices."""
    if not isinstance(choice, str) or choice not in choices:
        *most, last = map(repr, choices)
        raise ValueError(f"{name} must be {', '.join(most)} or {last}, got {choice!r}")


# --- labels and targets -----------------------------------------------------------------------


def check_score_table(z: FloatArray, name: str) -> int:
    """Raise unless ``z`` has rows and columns; return the number of columns."""
    if z.ndim != 2:
        message = f"{name} must have one row for each example and one column for each candidate"
        raise ValueError(f"{message}, got shape {z.shape}")
    columns: int = z.shape[1]
    return columns


def as_log_q(log_q: ArrayLike, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Return logarithms of expected counts, finite, in a shape that broadcasts to ``shape``."""
    array, _ = as_floats(log_q, name)
    try:
        np.broadcast_to(array, shape)
    except ValueError:
        message = f"{name} must broadcast to the shape of the logits, {shape}"
        raise ValueError(f"{message}, got {array.shape}") from None
    bad = array[~np.isfinite(array)]
    if bad.size:
        message = f"{name} must be finite, got {bad.flat[0]}"
        raise ValueError(f"{message}: a candidate that cannot be drawn cannot be in the sample")
    return array


def as_candidates(candidates: ArrayLike, name: str, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the class of each column, as an array of the given shape (N, M)."""
    array = as_array(candidates, name)
    if array.dtype.kind not in "iu":
        message = f"{name} must hold integers, got dtype {array.dtype}"
        raise TypeError(f"{message}: {advice_on_labels(array, name)}")
    if array.shape not in (shape, shape[1:]):
        message = f"{name} must have shape {shape[1:]} or {shape}, one class for each column"
        raise ValueError(f"{message}, got {array.shape}")
    return np.broadcast_to(array, shape)


def as_labels(
    labels: ArrayLike, name: str, n_classes: int, counted: str = "classes"
) -> NDArray[np.intp]:
    """Return ``labels`` as indices; raise unless all are integers from 0 to below ``n_classes``."""
    array = as_array(labels, name)
    if array.dtype.kind not in "iu":
        message = f"{name} must hold integers, got dtype {array.dtype}"
        raise TypeError(f"{message}: {advice_on_labels(array, name)}")
    bad = array[(array < 0) | (array >= n_classes)]
    if bad.size:
        message = f"{name} must be 0 or above and below {n_classes}, the number of {counted}"
        raise IndexError(f"{message}, got {bad[0]}")
    return array.astype(np.intp, copy=False)


def advice_on_labels(array: NDArray[Any], name: str) -> str:
    """Return what makes class labels of an array that does not hold integers."""
    kind = array.dtype.kind
    if kind in "OUST":
        try:
            numbers = array.astype(np.float64)
            if not any(map(is_missing, array.flat)) and (numbers % 1 == 0).all():
                return f"pass numpy.asarray({name}, dtype=int)"
            if not np.isnan(numbers).any():
                array, kind = numbers, "f"
        except (TypeError, ValueError):  # text that is no number
            pass
    numbers_alone = kind in "bf" and np.isfinite(array).all()
    if numbers_alone and (array % 1 == 0 if kind == "f" else array >= 0).all():
        return f"pass numpy.asarray({name}, dtype=int)"
    if numbers_alone:
        return f"labels are whole numbers, from 0 on, and {array[array % 1 != 0][0]} is none"
    if kind == "c":
        return f"pass numpy.real({name}).astype(int)"
    missing = [is_missing(label) for label in array.flat]
    if kind == "f" or any(missing):
        return advice_on_gaps(array, np.reshape(missing, array.shape), name)
    try:
        np.unique(array)
    except TypeError:  # a number beside a text cannot be sorted
        return "labels are whole numbers, from 0 on"
    return f"pass numpy.unique({name}, return_inverse=True)[1]"


def advice_on_gaps(array: NDArray[Any], missing: NDArray[np.bool_], name: str) -> str:
    """Return how to leave out the rows without a label, and what makes class labels of the rest."""
    advice = "leave out the rows that have no label"
    rest = f"numpy.asarray({name})[keep]"
    if array.dtype.kind == "f":
        keep = f"numpy.isfinite(numpy.asarray({name}))"
        return f"{advice}. With keep = {keep} they are x[keep] and {rest}.astype(int)"
    if array.dtype.kind in "Mm":
        keep = f"~numpy.isnat(numpy.asarray({name}))"
    elif any(is_from(label, "pandas") for label in array[missing]):
        keep = f"pandas.notna({name})"
    else:
        keep = f"numpy.array([label is not None and label == label for label in {name}])"
    labels = advice_on_labels(array[~missing], rest)
    if array.ndim != 1 or not labels.startswith("pass "):
        return advice
    return f"{advice}. With keep = {keep} they are x[keep] and {labels.removeprefix('pass ')}"


def hint_on_shape(
    labels: NDArray[Any], name: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> str:
    """Return what would make labels fit: another axis, or another shape."""
    for axis in (1, *range(len(shape))):
        if axis < len(shape) and labels.shape == shape[:axis] + shape[axis + 1 :]:
            return f". With the classes along axis {axis}, pass axis={axis}"
    rows = shape_of_rows(shape, axes)
    if labels.size == math.prod(rows):
        return f": pass numpy.reshape({name}, {rows})"
    return ""


def as_target(
    target: ArrayLike, name: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> NDArray[Any]:
    """Return ``target`` as labels or as probabilities for logits of the given shape.

    Labels have length 1 along ``axes``.
    """
    y = as_array(target, name)
    rows = shape_of_rows(shape, axes)
    if y.dtype.kind not in "iuf":
        message = f"{name} must hold class labels (integers) or probabilities (floats)"
        as_they_are = y.shape == shape and are_numbers(y)
        advice = f"pass numpy.asarray({name}, dtype=float)"
        advice = advice if as_they_are else advice_on_labels(y, name)
        raise TypeError(f"{message}, got dtype {y.dtype}: {advice}")
    if y.dtype.kind in "iu" and y.shape == rows:
        return np.expand_dims(as_labels(y, name, math.prod(shape[i] for i in axes)), axes)
    if y.dtype.kind in "iu" and y.shape == shape:
        raise ValueError(
            f"{name} holds integers in the shape of the logits, {shape}: for probabilities pass "
            f"numpy.asarray({name}, dtype=float), for class labels an array of shape {rows}"
        )
    if y.dtype.kind == "f" and y.shape == shape:
        check_distributions(y, name, axes)
        return y
    if y.dtype.kind == "f" and y.shape == rows:
        message = f"class labels must be integers, got {name} of dtype {y.dtype}"
        advice = f"{advice_on_labels(y, name)}, or probabilities of shape {shape}"
        if not np.isfinite(y).all():
            marked = f"numpy.nan_to_num({name}, nan=-100).astype(int)"
            advice = f"{advice_on_labels(y, name)}; or pass {marked} and ignore_index=-100"
        raise TypeError(f"{message}: {advice}")
    fits = f"for logits of shape {shape}: class labels have shape {rows}, probabilities {shape}"
    hint = hint_on_shape(y, name, shape, axes)
    raise ValueError(f"{name} of shape {y.shape} and dtype {y.dtype} does not fit {fits}{hint}")


def check_distributions(p: FloatArray, name: str, axes: tuple[int, ...], advice: str = "") -> None:
    """Raise unless ``p`` is nowhere negative and sums to 1 along ``axes``."""
    # Probabilities that came from float32 have its rounding errors, whatever their dtype is now.
    # The root of the precision also lets 0.3333 pass for a third.
    tolerance = math.sqrt(max(np.finfo(p.dtype).eps, np.finfo(np.float32).eps))
    lowest = p.min(initial=math.inf)
    if not lowest >= 0:
        raise ValueError(f"{name} must hold probabilities, 0 or above, got {lowest}{advice}")
    sums = sum_along(p.astype(np.promote_types(p.dtype, np.float32), copy=False), axes)
    bad = sums[~(abs(sums - 1) <= tolerance)]
    if bad.size:
        got = f"{bad[0]}" if p.size else "0 of no classes"
        message = f"{name} must sum to 1 along axis, got a row with the sum {got}"
        raise ValueError(f"{message}{advice}")


def as_labelled_rows(
    x: ArrayLike, labels: ArrayLike, names: tuple[str, str], axis: Axis
) -> tuple[FloatArray, NDArray[np.intp], FloatDtype]:
    """Return ``x`` as rows of float64 or longer, the labels of the rows, and the dtype of ``x``."""
    name, name_of_labels = names
    z, dtype = as_floats(x, name)
    axes = as_axes(axis, "axis", z.ndim)
    y = as_array(labels, name_of_labels)
    shape = shape_of_rows(z.shape, axes)
    if y.shape != shape:
        message = f"{name_of_labels} must have the shape of {name} without axis, {shape}"
        hint = hint_on_shape(y, name_of_labels, z.shape, axes)
        if y.shape == z.shape:  # one-hot
            hint = f": pass numpy.argmax({name_of_labels}, axis={axis})"
        raise ValueError(f"{message}, got {y.shape}{hint}")
    if not y.size:
        raise ValueError(f"{name} must hold at least one row, got shape {z.shape}")
    right = as_labels(y, name_of_labels, math.prod(z.shape[i] for i in axes))
    rows = np.moveaxis(z, axes, range(-len(axes), 0)).reshape(right.size, -1)
    return rows.astype(np.promote_types(z.dtype, np.float64)), right.ravel(), dtype


def check_rows_of_probabilities(
    p: FloatArray, name: str, axes: tuple[int, ...], dtype: FloatDtype
) -> None:
    """Raise unless ``p``, which came in ``dtype``, is what softmax may return: NaN and 0 too."""
    blank = np.isnan(sum_along(p, axes)) | ~p.any(axis=axes, keepdims=True)
    n_classes = math.prod(p.shape[i] for i in axes)
    if n_classes:
        rows = np.where(blank, 1 / n_classes, p).astype(dtype, copy=False)
        check_distributions(rows, name, axes, ": of scores pass logits=True")


def check_log_probabilities(log_p: ArrayLike, name: str) -> None:
    """Raise if a log-probability is above 0, by more than rounding leaves there."""
    array, _ = as_floats(log_p, name)
    highest = array.max(initial=-math.inf)
    if highest > math.sqrt(np.finfo(np.float32).eps):
        message = f"{name} must hold log-probabilities, 0 or below, got {highest}"
        raise ValueError(f"{message}: pass what log_softmax returns, not probabilities or scores")


def as_counted_target(
    target: ArrayLike,
    name: str,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    where: ArrayLike | None,
    ignore_index: SupportsIndex | None,
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return ``target`` as ``as_target`` does, and which entries of the logits count, None for all.

    What the target holds for entries that do not count does not matter.
    """
    y = as_array(target, name)
    rows = shape_of_rows(shape, axes)
    are_labels = y.dtype.kind in "iu" and y.shape == rows
    mask = as_mask(where, "where", shape, "the logits")
    if ignore_index is not None:
        ignored = as_index(ignore_index, "ignore_index")
        if y.dtype.kind == "f" and y.shape == shape:
            message = f"ignore_index goes with class labels, but {name} holds floats"
            raise ValueError(f"{message}: leave rows of probabilities out with where")
        if are_labels:
            counts = np.expand_dims(y != ignored, axes)
            mask = np.broadcast_to(counts, shape) if mask is None else mask & counts
    if mask is None:
        return as_target(y, name, shape, axes), None
    kept = np.asarray(mask.any(axis=axes, keepdims=True))
    if are_labels:
        y = as_target(np.where(kept.reshape(rows), y, 0), name, shape, axes)
        check_labels_count(y, name, mask, kept, axes)
    elif y.dtype.kind == "f" and y.shape == shape:
        bad = y[~mask & kept & (y > 0)]
        if bad.size:
            message = f"{name} has a probability of {bad[0]} at a class that where leaves out"
            raise ValueError(f"{message}: pass 0 there")
        anything = 1 / max(1, math.prod(shape[i] for i in axes))
        y = np.where(mask, y, np.where(kept, 0, anything).astype(y.dtype))
    return y if are_labels else as_target(y, name, shape, axes), mask


def check_labels_count(
    labels: NDArray[Any],
    name: str,
    mask: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    axes: tuple[int, ...],
) -> None:
    """Raise if a class that is left out is the label of a row that is kept."""
    y = as_lines(labels, axes)
    bad = y[as_lines(kept, axes) & ~np.take_along_axis(as_lines(mask, axes), y, axis=1)]
    if bad.size:
        message = f"{name} has the label {bad[0]} in a row where that class is left out"
        raise ValueError(f"{message}: let the class count there, or leave the whole row out")


def as_index(index: SupportsIndex, name: str) -> int:
    """Return ``index`` as an integer of either sign."""
    try:
        return operator.index(index)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {index!r}") from None


def as_answers(target: ArrayLike, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return answers to yes-or-no questions: numbers from 0 to 1, in the shape of the logits."""
    y = as_array(target, name)
    if y.dtype.kind not in "biuf":
        message = f"{name} must hold numbers from 0 (no) to 1 (yes), got dtype {y.dtype}"
        advice = "pass booleans"
        if y.size and are_numbers(y):
            advice = f"pass numpy.asarray({name}, dtype=float)"
        elif y.dtype.kind in "US" and y.size:
            advice += f", such as numpy.equal({name}, {y.flat[-1].item()!r})"
        raise TypeError(f"{message}: {advice}")
    if y.shape != shape:
        message = f"{name} must have the shape of the logits, {shape}, got {y.shape}"
        if y.size == math.prod(shape):
            message += f": pass numpy.reshape({name}, {shape})"
        elif y.shape == shape[:-1]:
            message += f": for class labels use cross_entropy, or pass one_hot({name}, {shape[-1]})"
        raise ValueError(message)
    bad = y[~((y >= 0) & (y <= 1))]
    if bad.size:
        advice = f"pass numpy.greater({name}, 0) if those above 0 are yes"
        if np.isnan(bad[0]):
            keep = f"with keep = numpy.isfinite(numpy.asarray({name})) the others are"
            advice = f"{keep} numpy.asarray(logits)[keep] and numpy.asarray({name})[keep]"
        message = f"{name} must hold numbers from 0 (no) to 1 (yes), got {bad[0]}"
        raise ValueError(f"{message}: {advice}")
    return y


def as_weights(weight: ArrayLike, name: str, dtype: FloatDtype) -> FloatArray:
    """Return ``weight`` in ``dtype``, finite and 0 or above."""
    w, _ = as_floats(weight, name)
    bad = w[~((w >= 0) & (w < math.inf))]
    if bad.size:
        raise ValueError(f"{name} must hold finite numbers, 0 or above, got {bad[0]}")
    weights = w.astype(dtype)
    if not np.isfinite(weights).all():
        message = f"{name} must be finite in {dtype}, in which the loss of the logits is calculated"
        raise ValueError(f"{message}, got {w.max()}")
    return weights


def as_class_weights(
    weight: ArrayLike | None, name: str, n_classes: int, dtype: FloatDtype
) -> FloatArray | None:
    """Return one weight for each class; None stays None."""
    if weight is None:
        return None
    w = as_weights(weight, name, dtype)
    if w.shape != (n_classes,):
        message = f"{name} must have one entry for each class, shape ({n_classes},)"
        raise ValueError(f"{message}, got shape {w.shape}")
    given, _ = as_floats(weight, name)
    lost = given[(w == 0) & (given > 0)]
    if lost.size:  # the mean, which divides by the weights, would have no meaning
        message = f"{name} must be 0 or above the smallest number in {dtype}, in which the loss"
        raise ValueError(f"{message} of the logits is calculated, got {lost[0]}: scale all weights")
    return w


def as_entry_weights(
    weight: ArrayLike | None, name: str, shape: tuple[int, ...], dtype: FloatDtype
) -> FloatArray:
    """Return one weight for each entry of the logits; None stands for 1."""
    w = np.ones((), dtype) if weight is None else as_weights(weight, name, dtype)
    try:
        return np.broadcast_to(w, shape)
    except ValueError:
        message = f"{name} of shape {w.shape} does not broadcast to the shape of the logits"
        raise ValueError(f"{message}, {shape}") from None
