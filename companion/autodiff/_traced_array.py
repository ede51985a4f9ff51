"""Arrays with derivatives that pass through ordinary numpy code.

numpy asks the operands of each ufunc for ``__array_ufunc__``, and the arguments of each of its
other functions for ``__array_function__``. `TracedArray` answers by the tables `UFUNCS` and
`RULES`; what is not in them raises an error that says what to use instead.
"""

import inspect
from functools import cached_property

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from companion.autodiff._derivative_rules import BINARY, UNARY, WITHOUT_DERIVATIVE
from companion.autodiff._linear_maps import Operand, Pick, TracingError, derive, leader, value_of
from companion.autodiff._traced_functions import FUNCTIONS, INSTEAD, MOVES, UFUNCS, assemble, gather
from companion.autodiff._traced_linalg import LINALG
from companion.autodiff._traced_reductions import ACCUMULATIONS, REDUCTIONS
from companion.autodiff._traced_samples import SAMPLES
from companion.results import describe

# np.zeros(3, like=x) and its kin: arrays that can be filled with traced entries.
CREATIONS = {
    np.array,
    np.asarray,
    np.zeros,
    np.ones,
    np.empty,
    np.full,
    np.eye,
    np.identity,
    np.arange,
}
RULES = {**FUNCTIONS, **SAMPLES, **LINALG}
DIFFERENCES = "take differences (method='central'), which call f with plain numbers"
STACK = "use np.stack([...]), or np.array([[...], [...]], like=x) for lists in lists"
ALIASED = (
    "an array cannot be changed in place once it shares its entries with .T, a reshape or the "
    "like: write y = y.copy() just before the change, or build the result with np.stack or "
    "np.concatenate"
)


def current(name):
    """An attribute that a view reads again from its base, if that has changed."""
    slot = "current_" + name

    def read(self):
        if self.base is not None and self.version != self.base.version:
            self._become(gather(self.base, self.positions))
        self.private = False
        return getattr(self, slot)

    return property(read, lambda self, x: setattr(self, slot, x))


class TracedArray(Operand, NDArrayOperatorsMixin):
    """An array whose derivative is followed through numpy's functions.

    **Views.** What slices, integers, ``None`` and ``...`` pick from an array is a view of it, as in
    numpy: to change either is to change both. Entries are written to the array that is no view,
    its views' base, as a new value of it with a derivative of its own. Views note the version of
    the base that they have read.

    Attributes
    ----------
    value : array
        Its entries.
    run : Run
        The run of f that it belongs to.
    base : TracedArray
        The array of which it is a view; None for others. A base is never a view itself.
    version : int
        The number of times that it, or the base when it was last read, has been changed.
    aliased : bool
        Whether it shares entries with the result of another function (``.T``, ``np.reshape``),
        which would not see a change: then it cannot be changed in place.
    private : bool
        Whether nobody else holds the arrays of its state, so that entries can be written to them.
        Who reads the whole of them may keep them; of entries that are picked, a copy is taken.
    """

    STATE = ("value",)  # what changes where an array is changed in place
    value = current("value")
    base = None
    version = 0
    aliased = False
    private = False

    def __init__(self, value, run):
        self.value = real_numbers(value, run)
        self.run = run

    # -------------------------------------------------------------- numpy's protocols

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        inputs = [assemble(x) for x in inputs]
        into_traced = out is not None and isinstance(out[0], TracedArray)
        if ufunc in WITHOUT_DERIVATIVE and not into_traced:
            return getattr(ufunc, method)(*map(value_of, inputs), out=out, **kwargs)
        if out is not None and not (into_traced and any(isinstance(x, Operand) for x in inputs)):
            raise TracingError(
                f"{name_of(ufunc, method)} cannot write traced numbers into an array of floats: "
                "use y = y + ... for y += ..., and no out="
            )
        if method == "__call__":
            rule = UFUNCS.get(ufunc)
        elif method == "outer":
            rule = outer(ufunc) if ufunc in BINARY else None
        else:
            rule = {"reduce": REDUCTIONS, "accumulate": ACCUMULATIONS}.get(method, {}).get(ufunc)
            kwargs = {"axis": 0, **kwargs}
        result = apply(rule, ufunc, method, inputs, kwargs)
        # x += 1 changes an array, but makes a new number: other names keep the old one.
        if out is None or (out[0].ndim == 0 and out[0].base is None and inputs[0] is out[0]):
            return result
        return out[0]._changed_to(result)

    def __array_function__(self, function, types, args, kwargs):
        args = [assembled(x) for x in args]
        if function in CREATIONS:  # with like=self
            return self._made(function, args, kwargs)
        return apply(RULES.get(function), function, "__call__", args, kwargs)

    def _made(self, function, args, kwargs):
        """What a function that makes arrays makes of numbers, traced or not, like this array."""
        if not is_default("dtype", kwargs.get("dtype")):
            raise TracingError(f"np.{function.__name__} is traced with dtype float, like=x")
        if function in (np.array, np.asarray):
            result = args[0] if isinstance(args[0], Operand) else assemble(np.asarray(args[0]))
            return result.copy() if isinstance(result, Operand) else self.derive(result, [])
        if any(isinstance(x, Operand) for x in (*args, *kwargs.values())):
            return self.derive(np.zeros(args[0]), []) + args[1]
        return self.derive(np.asarray(function(*args, **kwargs)), [])

    # -------------------------------------------------------------- entries

    def __getitem__(self, key):
        if has_operand(key):
            raise TracingError("a traced number cannot be an index: indices must be plain integers")
        pick, private = Pick(key), self.private
        result = derive(self.value[key], (self, pick))
        if private:
            result._own()
            self.private = True
        is_view = pick.basic and (result.ndim > 0 or pick.has_ellipsis)
        if is_view and self.owner.ndim > 0:
            result.base, result.positions = self.owner, self.positions[key]
            result.version = result.base.version
        elif is_view and result.ndim > 0:  # of a number numpy makes a copy, of an array a view
            self.aliased = result.aliased = True
        return result

    def __setitem__(self, key, entries):
        self._write(self.positions[key], assemble(entries))

    @property
    def owner(self):
        """The array that holds its entries: the base of a view, or itself."""
        return self if self.base is None else self.base

    @cached_property
    def positions(self):
        """Where its entries are among those of the owner, counted row by row."""
        return np.arange(self.size).reshape(self.shape)

    def _write(self, positions, entries):
        """Write entries at some positions of the owner."""
        owner = self.owner
        is_view = isinstance(entries, TracedArray) and entries.base is owner
        if is_view and np.array_equal(entries.positions, positions):
            return  # y[k] += 1 changes the view y[k], and then assigns it to itself
        if owner.aliased:
            raise TracingError(ALIASED)
        values = real_numbers(value_of(entries), owner.run)
        if isinstance(entries, Operand):
            leader([owner, entries])
            if (extra := values.ndim - np.ndim(positions)) > 0 and values.shape[:extra] == (
                1,
            ) * extra:
                entries = entries[(0,) * extra]
        if not owner.private:
            owner._own()
        owner.current_value.reshape(-1)[positions] = values
        owner._put(np.asarray(positions), entries)
        owner.private = True
        owner.version += 1

    def _changed_to(self, result):
        """Become the result, in place."""
        if result.shape != self.shape:
            raise ValueError(f"an array of shape {self.shape} cannot become {result.shape}")
        if self.aliased:
            raise TracingError(ALIASED)
        if self.base is not None:
            self._write(self.positions, result)
        self._become(result)
        return self

    def _become(self, result):
        """Take the values and derivatives of the result."""
        for name in self.STATE:
            setattr(self, name, getattr(result, name))
        self.private = False
        self.version = self.version + 1 if self.base is None else self.base.version

    def _own(self):
        """Take copies of the arrays of its state, which nobody else holds."""
        for name in self.STATE:
            if isinstance(part := getattr(self, name), np.ndarray):
                setattr(self, name, part.copy())

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("len() of a traced number")
        return self.shape[0]

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        return bool(self.value)

    def __float__(self):
        raise TracingError(
            "a traced number cannot become a float, which has no derivative. Use np.sin for "
            "math.sin; build arrays with np.stack, np.concatenate or np.array([...], like=x), or "
            "fill y = np.zeros_like(x, shape=...) instead of y = np.zeros(...)"
        )

    __int__ = __index__ = __complex__ = __float__

    def __repr__(self):
        return f"{type(self).__name__}(value={describe(self.value)})"

    def __format__(self, spec):
        """The value, if the format says how: what is printed needs no derivative."""
        return format(self.value[()], spec) if spec else str(self)

    # -------------------------------------------------------------- attributes and methods

    shape = property(lambda self: self.current_value.shape)
    ndim = property(lambda self: self.current_value.ndim)
    size = property(lambda self: self.current_value.size)
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.matrix_transpose(self))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))

    @property
    def dtype(self):
        """The type of the entries; numbers have none, lest np.mean of objects cast them to it."""
        if self.ndim == 0:
            raise AttributeError
        return self.value.dtype

    def reshape(self, *shape, **kwargs):
        """As np.reshape; the shape may be one argument or several."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **kwargs)

    def transpose(self, *axes):
        """As np.transpose; the axes may be one argument or several."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self):
        """As np.ravel, always a copy."""
        return gather(self, np.arange(self.size))

    def astype(self, dtype, copy=True):
        """A copy, if the type is that of all traced arrays."""
        if np.dtype(dtype) != float:
            raise TracingError(
                f"astype({dtype!r}) would drop the derivative; use floats throughout"
            )
        return self.copy()

    def __getattr__(self, name):
        raise AttributeError(
            f"traced arrays have no attribute {name!r}: use a function of numpy, or {DIFFERENCES}"
        )


def real_numbers(value, run):
    """A value that f computes, as an array of floats."""
    value = np.asarray(value)
    if value.dtype == object:
        raise TracingError(f"a list or an array of objects met a traced array; {STACK}")
    if value.dtype.kind not in "buif":
        raise ValueError(
            f"f must compute with real numbers; at x = {describe(run.x)} "
            f"an operation returned {value.dtype}"
        )
    return value.astype(float, copy=False)


def outer(ufunc):
    """The rule of ``ufunc.outer``: every entry of x with every entry of y."""
    return lambda x, y: ufunc(np.reshape(x, np.shape(x) + (1,) * np.ndim(y)), y)


def apply(rule, function, method, args, kwargs):
    """Apply the rule of a function; an error names the function and what to use instead."""
    if rule is None:
        name = name_of(function, method)
        advice = f"Use {INSTEAD[name]}" if name in INSTEAD else "Use a function of numpy that is"
        raise TracingError(f"{name} is not traced. {advice}, or {DIFFERENCES}")
    kwargs = {key: x for key, x in kwargs.items() if not is_default(key, x)}
    if "out" in kwargs:
        name = name_of(function, method)
        raise TracingError(f"{name} is traced as y = {name}(...), without 'out': keep its result")
    if kwargs and method in ("__call__", "outer") and isinstance(function, np.ufunc):
        raise TracingError(
            f"{name_of(function, method)} is not traced with {next(iter(kwargs))}=: leave it out, "
            "and use np.where(condition, ..., ...) for where=condition"
        )
    elementwise = isinstance(function, np.ufunc) and method == "__call__"
    try:
        if elementwise or function in MOVES:
            return rule(*args, **kwargs)
        return new(rule, args, kwargs)
    except TypeError as error:
        signature = inspect.signature(rule)
        try:
            signature.bind(*args, **kwargs)
        except TypeError as misfit:
            name = name_of(function, method)
            raise TracingError(f"{name} is traced as {name}{signature}: {misfit}") from error
        raise


def new(rule, args, kwargs):
    """Apply a rule whose result is new: the views that it takes on the way are nobody else's."""
    owners = [x.owner for x in (*args, *kwargs.values()) if isinstance(x, TracedArray)]
    aliased = [x.aliased for x in owners]
    result = rule(*args, **kwargs)
    if isinstance(result, TracedArray):
        result.owner.aliased = False
    for x, before in zip(owners, aliased, strict=True):
        x.aliased = before
    return result


def name_of(function, method):
    """What the reader calls a function of numpy, or a method of a ufunc."""
    name = "np." + function.__name__
    if not isinstance(function, np.ufunc):
        name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
    return name if method == "__call__" else f"{name}.{method}"


def is_default(key, x):
    """Whether an argument asks for what every traced array is: new, whole, and of floats."""
    if key == "dtype":
        return np.dtype(x) == float
    return (key == "out" and x is None) or (key == "where" and x is True)


def assembled(x):
    """The argument x of a function, in which arrays of objects are made traced arrays."""
    if isinstance(x, list | tuple):
        return type(x)([assembled(entry) for entry in x])
    return assemble(x) if isinstance(x, np.ndarray) else x


def has_operand(key):
    """Whether an index holds a traced array."""
    return any(isinstance(k, Operand) for k in (key if isinstance(key, tuple) else (key,)))


def method(function):
    """The method of an array that is a function of numpy."""
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


METHODS = (
    *("all", "any", "argmax", "argmin", "argsort", "clip", "copy", "cumprod", "cumsum"),
    *("diagonal", "dot", "max", "mean", "min", "nonzero", "prod", "ravel", "repeat", "round"),
    *("searchsorted", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var"),
)
# numpy applies a ufunc to an array of objects by the method of that name of each.
OF_OBJECTS = [ufunc.__name__ for ufunc in (*UNARY, np.arctan2, np.hypot)]

for name in METHODS:
    setattr(TracedArray, name, method(getattr(np, name)))
for name in OF_OBJECTS:
    setattr(TracedArray, name, method(getattr(np, name)))
