"""Draws that are a pure function of (seed, path, index): io.resnet4j.random.KeyedRandom in numpy.

The key is mix(fnv1a64(utf8(path)) ^ mix(seed)); draw i is mix(key + (i + 1) * GAMMA), modulo 2^64,
where mix is the SplitMix64 finaliser with the constants of Stafford's variant 13 (Steele, Lea and
Flood, OOPSLA 2014). Every method takes one index or an array of them.
"""

import math

import numpy as np

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_M1 = 0xBF58476D1CE4E5B9
_M2 = 0x94D049BB133111EB


def _mix(z):
    z = ((z ^ (z >> 30)) * _M1) & _MASK
    z = ((z ^ (z >> 27)) * _M2) & _MASK
    return z ^ (z >> 31)


def _fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & _MASK
    return value


class KeyedRandom:
    """The generator of one path under one seed."""

    def __init__(self, key):
        self._key = key
        self._counter = 0

    @staticmethod
    def of(seed, path):
        return KeyedRandom(_mix(_fnv1a64(path) ^ _mix(seed & _MASK)))

    def child(self, index):
        return KeyedRandom(_mix((_mix(self._key ^ _GAMMA) + index * _GAMMA) & _MASK))

    def bits_at(self, index):
        """64 uniform bits per index, as numpy uint64."""
        z = np.atleast_1d(np.asarray(index)).astype(np.uint64)
        z += np.uint64(1)
        z *= np.uint64(_GAMMA)
        z += np.uint64(self._key)
        z ^= z >> np.uint64(30)
        z *= np.uint64(_M1)
        z ^= z >> np.uint64(27)
        z *= np.uint64(_M2)
        z ^= z >> np.uint64(31)
        return z

    def uniform_at(self, index):
        """Uniform in [0, 1), 53 bits, as float64."""
        return (self.bits_at(index) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def normal_at(self, index):
        """Standard normal: Box and Muller's cosine branch of draws 2 index and 2 index + 1."""
        index = np.atleast_1d(np.asarray(index)).astype(np.uint64)
        first = self.uniform_at(index * np.uint64(2))
        second = self.uniform_at(index * np.uint64(2) + np.uint64(1))
        return np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * math.pi * second)

    def uniforms(self, count, start=0):
        """Draws start .. start + count - 1."""
        return self.uniform_at(np.arange(start, start + count, dtype=np.uint64))

    def next_uniform(self):
        self._counter += 1
        return float(self.uniform_at(self._counter - 1)[0])

    def next_int(self, bound):
        return int(self.next_uniform() * bound)

    def next_boolean(self):
        self._counter += 1
        return bool(int(self.bits_at(self._counter - 1)[0]) >> 63)

    def permutation(self, n):
        """A uniform permutation of 0 .. n - 1 (Fisher and Yates)."""
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.next_int(i + 1)
            order[i], order[j] = order[j], order[i]
        return order
