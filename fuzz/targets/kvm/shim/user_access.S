/* SPDX-License-Identifier: GPL-2.0-only */
/* The out-of-line halves of get_user(), put_user() and copy_*_user(), and of one more inline function, with the kernel's
 * register conventions. The kernel's own are in
 * arch/x86/lib, which needs alternatives patching that a process has not got. A fault is fixed up through __ex_table (events.c). */

	.macro on_fault from, to
	.pushsection __ex_table, "a"
	.balign 4
	.long (\from) - .
	.long (\to) - .
	.long 1		/* EX_TYPE_DEFAULT: go on at "to" */
	.popsection
	.endm

	.macro function name
	.globl \name
	.type \name, @function
\name:
	.endm

	.text

/* in: rax address; out: eax 0 or -EFAULT, rdx value */
	.macro get_user bytes, load
	function __get_user_nocheck_\bytes
	function __get_user_\bytes
91:	\load
	xorl %eax, %eax
	ret
	on_fault 91b, .Lbad_get_user
	.endm

	get_user 1, "movzbl (%rax), %edx"
	get_user 2, "movzwl (%rax), %edx"
	get_user 4, "movl (%rax), %edx"
	get_user 8, "movq (%rax), %rdx"
.Lbad_get_user:
	xorl %edx, %edx
	movq $-14, %rax
	ret

/* in: rcx address, rax value; out: ecx 0 or -EFAULT */
	.macro put_user bytes, store
	function __put_user_nocheck_\bytes
	function __put_user_\bytes
92:	\store
	xorl %ecx, %ecx
	ret
	on_fault 92b, .Lbad_put_user
	.endm

	put_user 1, "movb %al, (%rcx)"
	put_user 2, "movw %ax, (%rcx)"
	put_user 4, "movl %eax, (%rcx)"
	put_user 8, "movq %rax, (%rcx)"
.Lbad_put_user:
	movl $-14, %ecx
	ret

/* in: rdi to, rsi from, edx length; out: eax bytes not copied */
	function copy_user_generic_unrolled
	function copy_user_generic_string
	function copy_user_enhanced_fast_string
	movl %edx, %ecx
93:	rep movsb
94:	movl %ecx, %eax
	ret
	on_fault 93b, 94b

/* in: rdi; out: rax the number of its bits that are set; every other register kept: the kernel's inline code expects a popcnt instruction */
	function __sw_hweight64
	popcntq %rdi, %rax
	ret

	.section .note.GNU-stack, "", @progbits
