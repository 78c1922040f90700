# SPDX-License-Identifier: LGPL-2.1-or-later
# What readers and students type.
tutorial_tests = \
	%D%/exercises.tap \
	%D%/tutorial.tap

# Answers to the exercises: right ones, and some that look right.
tutorial_answers = \
	%D%/solutions/1.S \
	%D%/solutions/2.c \
	%D%/solutions/3.c \
	%D%/solutions/4.c \
	%D%/solutions/5.sh \
	%D%/solutions/6.c \
	%D%/solutions/7.c \
	%D%/solutions/8.sh \
	%D%/wrong/1-always-47.S \
	%D%/wrong/1-no-msr.S \
	%D%/wrong/1-rbx.S \
	%D%/wrong/2-bit-47.c \
	%D%/wrong/2-two-megabytes.c \
	%D%/wrong/3-no-flush-back.c \
	%D%/wrong/3-no-flush.c \
	%D%/wrong/3-only-the-buffer.c \
	%D%/wrong/3-version-155.c \
	%D%/wrong/4-all-shared.c \
	%D%/wrong/4-first-only.c \
	%D%/wrong/4-second-only.c \
	%D%/wrong/5-no-key.sh \
	%D%/wrong/5-policy-1.sh \
	%D%/wrong/6-half.c \
	%D%/wrong/6-no-gp.c \
	%D%/wrong/6-only-reads.c \
	%D%/wrong/6-tells-all.c \
	%D%/wrong/7-asks-first.c \
	%D%/wrong/7-keeps-it.c \
	%D%/wrong/7-no-carry.c \
	%D%/wrong/7-no-fallback.c \
	%D%/wrong/7-only-small.c \
	%D%/wrong/8-hosts-root.sh \
	%D%/wrong/8-no-chain.sh \
	%D%/wrong/8-no-nonce.sh \
	%D%/wrong/8-no-policy.sh \
	%D%/wrong/8-no-signature.sh

EXTRA_DIST += $(tutorial_tests) $(tutorial_answers)
if WITH_BOCHS
long_tests += $(tutorial_tests)
endif

clean-local: clean-tutorial
clean-tutorial:
	-chmod -Rf u+w %D%/run*
	rm -rf %D%/run*
.PHONY: clean-tutorial
