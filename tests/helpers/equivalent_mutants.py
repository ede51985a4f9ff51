# ruff: noqa: E501
"""The mutants that are as right as the solution, by exercise and by the reason."""

EVEN = "only its square, or its size, counts"
SIZE = "it is not negative as it is"
LENGTH = "only its number of rows or columns counts"
KIND = "a list, or a truth, is as good as an array, or a number"
LAST = "A.shape[1] is A.shape[-1]"

EQUIVALENT = {
    "jacobians-1": {
        SIZE: ["2:15 p → abs(p)", "2:18 q → abs(q)"],
    },
    "jacobians-2": {
        EVEN: ["2:30 x → -x", "2:30 x → abs(x)"],
    },
    "jacobians-3": {
        "any step of that size does, and of either sign": [
            "1:24 1e-05 → -1e-05",
            "1:24 1e-05 → 5e-06",
            "1:24 1e-05 → 2e-05",
        ],
        SIZE: ["3:43 h → abs(h)", "2:21 h → abs(h)", "2:36 h → abs(h)"],
        LENGTH: ["2:63 x → -x", "2:63 x → abs(x)", "2:63 x → x ** 2"],
    },
    "jacobians-4": {
        EVEN: ["2:40 f3 → -f3", "2:40 f3 → abs(f3)", "2:31 f → -f", "2:31 f → abs(f)"],
        SIZE: ["2:23 u → abs(u)"],
    },
    "jacobians-6": {
        "another function that takes a norm on the way": ["2:26 x → -x", "2:26 x → x ** 2"],
    },
    "jacobians-7": {
        SIZE: ["3:12 lengths → abs(lengths)"],
        "there are two axes, and the last is the second": ["4:38 1 → -1"],
        KIND: [
            "3:22 np.array([np.cos(phi), np.sin(phi)]) → [np.cos(phi), np.sin(phi)]",
            "5:11 np.array([-y, x]) → [-y, x]",
        ],
    },
    "jacobians-8": {
        "y is 0 or 1": ["2:45 y → abs(y)", "2:45 y → y ** 2"],
    },
    "jacobians-11": {
        "there are two axes, and the last is the second": ["2:32 1 → -1"],
        SIZE: ["2:12 P → abs(P)", "3:11 P → abs(P)"],
    },
    "jacobians-12": {
        "tanh is odd, and only the squares of the outputs count": [
            "4:24 x → -x",
            "5:23 x → -x",
            "5:23 x → abs(x)",
        ],
    },
    "jacobians-16": {
        SIZE: ["2:7 k → abs(k)", "4:12 k → abs(k)", "5:27 k → abs(k)"],
        "of whole numbers 1 alone has the square 1": ["2:7 k → k ** 2"],
        "there are two numbers, and the last is the second": ["6:53 1 → -1"],
    },
    "jacobians-17": {
        LENGTH: ["2:19 x → -x", "2:19 x → abs(x)", "2:19 x → x ** 2"],
        SIZE: ["3:19 k → abs(k)"],
    },
    "hessians-2": {
        KIND: [
            "2:11 np.array([[12 * x[0] ** 2, -4], [-4, 12 * x[1] ** 2]]) → [[12 * x[0] ** 2, -4], [-4, 12 * x[1] ** 2]]"
        ],
        EVEN: ["2:27 x → -x", "2:27 x → abs(x)", "2:53 x → -x", "2:53 x → abs(x)"],
        "x has two entries, and the last is the second": ["2:55 1 → -1"],
    },
    "hessians-3": {
        SIZE: ["2:17 u → abs(u)"],
        EVEN: ["2:25 f → -f", "2:25 f → abs(f)", "2:29 f4 → -f4", "2:29 f4 → abs(f4)"],
    },
    "hessians-4": {
        SIZE: ["2:16 k → abs(k)"],
        EVEN: ["2:46 U → -U", "2:46 U → abs(U)", "2:57 k → -k", "2:57 k → abs(k)"],
    },
    "hessians-5": {
        "another direction that is flat, of H or of −H": [
            "4:11 np.sqrt(share) * Q[:, 0] + np.sqrt(1 - share) * Q[:, -1] → np.sqrt(share) * Q[:, 0] - np.sqrt(1 - share) * Q[:, -1]",
            "2:28 H → -H",
        ],
    },
    "hessians-6": {
        KIND: ["2:29 int(a[0] < sigma) → a[0] < sigma", "5:17 int(q < 0) → q < 0"],
        EVEN: ["3:31 b → -b", "3:31 b → abs(b)"],
        "no pivot is zero": ["2:33 a[0] < sigma → a[0] <= sigma", "5:21 q < 0 → q <= 0"],
    },
    "hessians-7": {
        "it is negative between two other curves that touch the axis, and nowhere on the axis": [
            "2:12 x[1] - x[0] ** 2 → x[1]",
            "2:33 x[1] - 3 * x[0] ** 2 → x[1]",
            "2:27 2 → 4",
            "2:40 3 → 0",
            "2:19 x → x ** 2",
            "2:21 0 → -1",
            "2:21 0 → 1",
            "2:52 2 → 4",
            "2:44 x → x ** 2",
            "2:46 0 → -1",
            "2:46 0 → 1",
        ],
        "x has two entries, and the last is the second": ["2:14 1 → -1", "2:35 1 → -1"],
        "any two parabolas that open to the same side do": [
            "2:40 3 → 1.5",
            "2:40 3 → 2",
            "2:40 3 → 4",
            "2:40 3 → 6",
        ],
        EVEN: ["2:19 x → -x", "2:19 x → abs(x)", "2:44 x → -x", "2:44 x → abs(x)"],
    },
    "hessians-8": {
        LENGTH: ["3:47 A → -A", "3:47 A → abs(A)", "3:47 A → A ** 2"],
        "p(1 − p) is the same for p and 1 − p, and so for z and −z": [
            "2:24 -A → A",
            "2:29 w → -w",
            "2:25 A → -A",
        ],
    },
    "hessians-9": {
        SIZE: ["2:28 bound → abs(bound)", "2:38 margins → abs(margins)"],
    },
    "hessians-10": {
        EVEN: ["2:11 w → -w", "2:11 w → abs(w)"],
        "no curvature along an axis is negative at a minimum": ["2:26 H → abs(H)"],
    },
    "hessians-12": {
        "signs of the b change no eigenvalue, and no size of an entry": [
            "2:26 np.diag(a) + np.diag(b[:-1], -1) → np.diag(a) - np.diag(b[:-1], -1)",
            "2:47 b → -b",
            "2:47 b → abs(b)",
        ],
        SIZE: ["3:11 b → abs(b)"],
    },
    "hessians-14": {
        "x has two entries, and the last is the second": ["2:37 1 → -1"],
        EVEN: ["2:43 x → -x"],
        KIND: [
            "4:11 np.array([p * (1 - p) * np.outer(J, J), (p - 1) * swap])"
            " → [p * (1 - p) * np.outer(J, J), (p - 1) * swap]",
        ],
    },
    "hessians-15": {
        KIND: ["3:11 np.array([-at_b, at_b]) → [-at_b, at_b]"],
    },
    "taylor-2": {
        SIZE: ["2:12 kappa → abs(kappa)", "2:26 kappa → abs(kappa)", "2:49 kappa → abs(kappa)"],
    },
    "taylor-3": {
        SIZE: ["3:18 tol → abs(tol)"],
        EVEN: ["2:22 x → -x", "2:22 x → abs(x)", "5:21 x → -x", "5:21 x → abs(x)"],
    },
    "taylor-5": {
        "1/0 is inf, and a wall is nearer": ["4:39 alpha > 0 → alpha >= 0"],
        "a variable that does not move comes to its wall at ε = inf": ["2:19 g → Delta"],
        SIZE: ["3:15 Delta → abs(Delta)"],
        EVEN: [
            "2:19 g → -g",
            "2:19 g → abs(g)",
            "2:19 g → g ** 2",
            "3:34 g → -g",
            "3:34 g → abs(g)",
        ],
    },
    "taylor-7": {
        "exp(0) is its own inverse": ["3:20 x >= 0 → x > 0"],
        "a term more or less is below rounding": ["2:58 160 → 159", "2:58 160 → 161"],
        EVEN: ["2:20 x → -x", "2:20 x → abs(x)"],
    },
    "taylor-8": {
        LENGTH: ["3:49 A → -A", "3:49 A → abs(A)", "3:49 A → A ** 2"],
        SIZE: ["4:44 nu → abs(nu)"],
        "p(1 − p) is the same for p and 1 − p, and so for z and −z": [
            "2:24 -A → A",
            "2:29 w → -w",
            "2:25 A → -A",
        ],
    },
    "taylor-9": {
        "other zeros, of which the pair beats the best constant steps too, in either order": [
            "2:60 2 → -2",
            "2:60 2 → 3",
            "2:60 2 → 4",
            "3:50 np.sqrt(2) → 2",
            "3:58 2 → 3",
            "3:58 2 → 4",
        ],
        SIZE: [
            "2:12 largest → abs(largest)",
            "2:22 smallest → abs(smallest)",
            "2:38 largest → abs(largest)",
            "2:48 smallest → abs(smallest)",
        ],
    },
    "taylor-10": {
        "the roots change their sign, and not their size": ["3:32 -left → left"],
        SIZE: ["2:15 step → abs(step)", "3:45 beta → abs(beta)", "3:59 beta → abs(beta)"],
    },
    "taylor-11": {
        SIZE: [
            "2:23 epsilon → abs(epsilon)",
            "2:33 smallest → abs(smallest)",
            "3:20 epsilon → abs(epsilon)",
            "3:30 largest → abs(largest)",
        ],
    },
    "taylor-12": {
        LENGTH: ["2:23 G → -G", "2:23 G → abs(G)", "2:23 G → G ** 2"],
        "there are as many probabilities as rows": ["2:23 G → p"],
        SIZE: ["2:13 i → abs(i)", "2:28 p → abs(p)", "2:30 i → abs(i)"],
    },
    "taylor-13": {
        LENGTH: ["2:37 G → -G", "2:37 G → abs(G)", "2:37 G → G ** 2"],
        EVEN: ["4:48 theta → -theta", "4:48 theta → abs(theta)"],
    },
    "taylor-14": {
        SIZE: [
            "2:19 gap → abs(gap)",
            "2:26 N → abs(N)",
            "2:30 epsilon → abs(epsilon)",
            "2:45 epsilon → abs(epsilon)",
            "2:55 L → abs(L)",
        ],
    },
    "taylor-15": {
        SIZE: [
            "2:13 beta → abs(beta)",
            "2:28 beta → abs(beta)",
            "2:37 k → abs(k)",
            "2:47 beta → abs(beta)",
            "3:11 epsilon → abs(epsilon)",
            "3:30 beta → abs(beta)",
            "3:36 k → abs(k)",
        ],
    },
    "taylor-16": {
        LENGTH: ["2:11 S → Y", "2:11 S → -S", "2:11 S → abs(S)", "2:11 S → S ** 2"],
    },
    "constrained-2": {
        EVEN: ["2:28 a → -a", "2:28 a → abs(a)"],
        SIZE: ["3:56 Delta → abs(Delta)", "3:22 Delta → abs(Delta)"],
    },
    "constrained-3": {
        "another power has no gradient on the line either": ["2:32 2 → 3", "2:32 2 → 4"],
        "x has two entries, and the last is the second": ["2:21 1 → -1"],
    },
    "constrained-5": {
        LENGTH: [
            "2:46 b → A",
            "2:46 b → -b",
            "2:46 b → abs(b)",
            "2:46 b → b ** 2",
            "2:54 b → A",
            "2:54 b → -b",
            "2:54 b → abs(b)",
            "2:54 b → b ** 2",
        ],
    },
    "constrained-7": {
        "the solver follows the gradient, and asks f only whether it fell": ["3:22 C → abs(C)"],
        "the solver finds the same from another start": [
            "8:40 np.ones(len(r)) / len(r) → np.ones(len(r)) * len(r)",
            "8:40 np.ones(len(r)) / len(r) → np.ones(len(r))",
            "8:40 np.ones(len(r)) → np.zeros(len(r))",
            "8:58 len(r) → r",
            "8:62 r → C",
            "8:62 r → -r",
            "8:62 r → abs(r)",
            "8:62 r → r ** 2",
            "8:52 r → C",
            "8:52 r → -r",
            "8:52 r → abs(r)",
            "8:52 r → r ** 2",
        ],
        KIND: [
            "5:21 np.array([w.sum() - 1]) → [w.sum() - 1]",
            "6:23 np.array([least - r @ w, *-w]) → [least - r @ w, *-w]",
        ],
    },
    "constrained-8": {
        LAST: ["2:16 1 → -1"],
        "it converges from another start": [
            "7:8 np.ones(n) / n → np.ones(n) * n",
            "7:8 np.ones(n) / n → np.ones(n)",
            "7:8 np.ones(n) → np.zeros(n)",
        ],
        LENGTH: ["2:8 A → -A", "2:8 A → abs(A)", "2:8 A → A ** 2"],
        "the steps follow the gradient, and never look at f": [
            "4:18 np.sum((A @ w - b) ** 2) / 2 → np.sum((A @ w - b) ** 2) * 2",
            "4:18 np.sum((A @ w - b) ** 2) / 2 → np.sum((A @ w - b) ** 2)",
            "4:18 np.sum((A @ w - b) ** 2) / 2 → 2",
            "4:45 2 → -2",
            "4:45 2 → 1",
            "4:45 2 → 3",
            "4:45 2 → 4",
            "4:25 (A @ w - b) ** 2 → (A @ w - b) * 2",
            "4:25 (A @ w - b) ** 2 → A @ w - b",
            "4:25 (A @ w - b) ** 2 → 2",
            "4:25 (A @ w - b) ** 2 → abs(A @ w - b)",
            "4:26 A @ w - b → A @ w + b",
            "4:26 A @ w - b → A @ w",
            "4:26 A @ w - b → b",
            "4:40 2 → 0",
            "4:40 2 → 1",
            "4:40 2 → 3",
            "4:40 2 → 4",
            "4:34 b → -b",
            "4:34 b → abs(b)",
            "4:34 b → b ** 2",
            "4:26 A → -A",
            "4:26 A → abs(A)",
            "4:26 A → A ** 2",
        ],
        "‖A‖ is that of −A, or the step is another that converges": [
            "8:8 1 → 0.5",
            "8:8 1 → 2",
            "8:36 2 → 3",
            "8:27 A → -A",
            "8:27 A → abs(A)",
            "8:27 A → A ** 2",
            "8:30 2 → 1",
        ],
    },
    "constrained-10": {
        SIZE: ["3:35 mu → abs(mu)", "2:38 mu → abs(mu)"],
    },
    "constrained-11": {
        SIZE: ["2:15 mu → abs(mu)", "4:13 C → abs(C)", "5:32 mu → abs(mu)"],
        "s is 1 or −1": ["2:15 mu * s → mu / s"],
    },
    "constrained-12": {
        SIZE: [
            "3:19 rounds → abs(rounds)",
            "4:16 rho → abs(rho)",
            "5:31 rho → abs(rho)",
            "6:20 rho → abs(rho)",
        ],
        LENGTH: ["2:23 b → A", "2:23 b → -b", "2:23 b → abs(b)", "2:23 b → b ** 2"],
    },
    "constrained-13": {
        "a force straight out of the circle is balanced by the wall": [
            "3:11 4 * x → x",
            "3:11 4 → -4",
            "3:11 4 → 0",
            "3:11 4 → 2.0",
            "3:11 4 → 3",
            "3:11 4 → 5",
            "3:11 4 → 8",
        ],
        "a multiple of the constraint has another multiplier, and the same step": [
            "3:37 2 * x → x",
            "3:37 2 → -2",
            "3:37 2 → 1",
            "3:37 2 → 3",
            "3:37 2 → 4",
        ],
        KIND: ["3:19 np.array([1, 0]) → [1, 0]"],
        EVEN: ["2:25 theta → -theta", "2:25 theta → abs(theta)"],
    },
    "least_squares-2": {
        "where |mean| is Δ, both formulas give the same": [
            "3:7 abs(mean) <= Delta → abs(mean) < Delta"
        ],
        SIZE: ["3:20 Delta → abs(Delta)", "5:11 Delta → abs(Delta)", "5:60 Delta → abs(Delta)"],
        "a sign is its own inverse": ["5:11 Delta * np.sign(mean) → Delta / np.sign(mean)"],
        LENGTH: ["5:38 b → -b", "5:38 b → abs(b)", "5:38 b → b ** 2"],
    },
    "least_squares-3": {
        SIZE: ["2:53 w → abs(w)", "2:28 w → abs(w)"],
    },
    "least_squares-4": {
        LAST: ["2:16 1 → -1"],
        LENGTH: ["2:8 A → -A", "2:8 A → abs(A)", "2:8 A → A ** 2"],
        SIZE: ["3:22 penalty → abs(penalty)"],
    },
    "least_squares-5": {
        "where they are equal, λ is 0 or found": [
            "2:7 norm(pseudoinverse_solve(A, b)) <= Delta → norm(pseudoinverse_solve(A, b)) < Delta",
            "7:11 norm(regularized_solve(A, b, lam)) > Delta → norm(regularized_solve(A, b, lam)) >= Delta",
        ],
        "without the test, halving finds the 0": ["2:42 Delta → -Delta"],
        SIZE: ["2:42 Delta → abs(Delta)", "7:48 Delta → abs(Delta)", "4:42 Delta → abs(Delta)"],
        "a halving more or less is below the seven digits asked for": [
            "5:19 100 → 99",
            "5:19 100 → 101",
            "5:19 100 → 200",
        ],
        "an interval twice as long holds λ, too": ["4:38 2 * Delta → Delta", "4:38 2 → 1"],
        EVEN: [
            "2:32 A → -A",
            "2:35 b → -b",
            "4:32 b → -b",
            "7:34 A → -A",
            "7:37 b → -b",
            "4:26 A → -A",
        ],
    },
    "least_squares-6": {
        KIND: ["8:11 np.array(path) → path"],
        SIZE: [
            "4:19 steps → abs(steps)",
            "6:38 momentum → abs(momentum)",
            "6:24 epsilon → abs(epsilon)",
        ],
        LAST: ["2:34 1 → -1"],
        LENGTH: ["2:26 A → -A", "2:26 A → abs(A)", "2:26 A → A ** 2"],
    },
    "least_squares-7": {
        KIND: ["2:11 np.array([[1, 1], [tiny, 0], [0, tiny]]) → [[1, 1], [tiny, 0], [0, tiny]]"],
        SIZE: ["2:30 tiny → abs(tiny)", "2:44 tiny → abs(tiny)"],
    },
    "least_squares-8": {
        SIZE: ["4:11 radii → abs(radii)", "2:57 radii → abs(radii)"],
    },
    "least_squares-10": {
        EVEN: [
            "4:34 rest1 → -rest1",
            "4:34 rest1 → abs(rest1)",
            "4:45 rest2 → -rest2",
            "4:45 rest2 → abs(rest2)",
        ],
    },
    "least_squares-11": {
        "a row of zeros adds nothing, and no rows are neither zeros nor ones": [
            "2:18 0 → 1",
            "2:8 np.zeros((0, A.shape[2] + 1)) → np.ones((0, A.shape[2] + 1))",
        ],
        "it keeps all rows, with the same weights": [
            "5:12 qr(np.vstack([np.sqrt(fade) * T, rows]), mode='r') → np.vstack([np.sqrt(fade) * T, rows])",
        ],
        LENGTH: [
            "2:21 A → -A",
            "2:21 A → abs(A)",
            "2:21 A → A ** 2",
            "3:23 A → b",
            "3:23 A → -A",
            "3:23 A → abs(A)",
            "3:23 A → A ** 2",
        ],
        SIZE: ["5:34 fade → abs(fade)"],
    },
    "least_squares-12": {
        EVEN: ["4:43 A → -A", "4:52 a → -a"],
        LENGTH: ["2:11 A → -A", "2:11 A → abs(A)", "2:11 A → A ** 2"],
        "R is the last of two": ["4:46 1 → -1"],
    },
    "least_squares-13": {
        EVEN: ["2:14 A → -A"],
        "the last axis of two": ["4:36 1 → -1"],
    },
    "least_squares-14": {
        KIND: ["10:11 np.array(path) → path"],
        LENGTH: ["2:24 D → -D", "2:24 D → abs(D)", "2:24 D → D ** 2"],
        EVEN: ["6:45 A → -A", "7:45 A → -A"],
        "along a direction and against it lies one line": ["4:13 D → -D"],
        "Ap is perpendicular to Ax, as to all steps before": [
            "7:27 b - A @ x → b + A @ x",
            "7:27 b - A @ x → b",
            "7:31 A → -A",
        ],
    },
}
