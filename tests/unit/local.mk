# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests of the C libraries (cmocka, TAP). One group a program.
