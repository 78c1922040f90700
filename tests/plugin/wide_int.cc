// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The multiplication and division of patch 17-wide-multiply against those that it replaces, with random operands:
//
//   wide_int [OPERANDS]     default: a million; ten million take 6 s
//
// Where the quotient does not fit, DIV and IDIV fault; both must say so, the quotient is not compared.
#include "bochs.h"
#include "cpu/wide_int.cc"

// With the parameters that this version of Bochs has.
decltype(long_mul) plain_mul;
decltype(long_imul) plain_imul;
decltype(long_div) plain_div;
decltype(long_idiv) plain_idiv;

static unsigned points, failed;

static void ok(unsigned long wrong, const char *name)
{
    printf("%sok %u - %s\n", wrong ? "not " : "", ++points, name);
    if (wrong)
        printf("# %lu wrong\n", wrong);
    failed += wrong != 0;
}

static Bit64u random_word()
{
    static Bit64u x = 88172645463325252u; // xorshift64 of Marsaglia, "Xorshift RNGs"

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

// Also small ones, those with few bits at the top, powers of two and their neighbours.
static Bit64u operand()
{
    const Bit64u word = random_word();
    const unsigned shift = random_word() % 64;

    switch (random_word() % 5) {
    case 0:
        return word >> shift;
    case 1:
        return word << shift;
    case 2:
        return ~(word >> shift);
    case 3:
        return ((Bit64u)1 << shift) - (word & 1);
    default:
        return word;
    }
}

static bool fits(const Bit128s &q)
{
    return q.hi == ((Bit64s)q.lo < 0 ? -1 : 0);
}

static bool multiply_differs(Bit64u a, Bit64u b)
{
    Bit128u p, q;
    Bit128s s, t;

    long_mul(&p, a, b);
    plain_mul(&q, a, b);
    long_imul(&s, (Bit64s)a, (Bit64s)b);
    plain_imul(&t, (Bit64s)a, (Bit64s)b);
    return p.lo != q.lo || p.hi != q.hi || s.lo != t.lo || s.hi != t.hi;
}

static bool div_differs(const Bit128u &n, Bit64u divisor)
{
    Bit64u r, rest;
    Bit128u p, q;

    long_div(&p, &r, &n, divisor);
    plain_div(&q, &rest, &n, divisor);
    if (n.hi >= divisor)
        return !p.hi || !q.hi;
    return p.hi || q.hi || p.lo != q.lo || r != rest;
}

// Bochs's IDIV faults before it divides -2^127 or by 0.
static bool idiv_differs(const Bit128u &n, Bit64u divisor)
{
    Bit128s a, b, p, q;
    Bit64s r, rest;

    a.lo = b.lo = n.lo;
    a.hi = b.hi = (Bit64s)n.hi;
    if (n.hi == (Bit64u)1 << 63 && !n.lo)
        return false;
    long_idiv(&p, &r, &a, (Bit64s)divisor);
    plain_idiv(&q, &rest, &b, (Bit64s)divisor);
    return fits(p) != fits(q) || (fits(p) && (p.lo != q.lo || r != rest));
}

int main(int argc, char **argv)
{
    const unsigned long operands = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
    unsigned long wrong[3] = {0, 0, 0};

    for (unsigned long i = 0; i < operands; i++) {
        const Bit64u divisor = operand();
        Bit128u n;

        n.lo = operand();
        n.hi = operand();
        wrong[0] += multiply_differs(n.lo, n.hi);
        if (!divisor)
            continue;
        wrong[1] += div_differs(n, divisor);
        wrong[2] += idiv_differs(n, divisor);
    }
    ok(wrong[0], "MUL and IMUL");
    ok(wrong[1], "DIV");
    ok(wrong[2], "IDIV");
    printf("1..%u\n", points);
    return failed != 0;
}
