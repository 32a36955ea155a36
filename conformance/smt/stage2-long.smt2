; SPDX-License-Identifier: BSD-2-Clause
; Where the entries of EPT and of nested tables of 4 and 5 levels are, each of which is a word of memory.
(define-fun s2-at5 ((g E)) E (entry5 s2-root g))
(define-fun s2-at4 ((g E) (e5 E)) E (entry4 (ite s2-5level e5 s2-root) g))
(define-fun s2-at3 ((g E) (e4 E)) E (entry3 e4 g))
(define-fun s2-at2 ((g E) (e3 E)) E (entry2 e3 g))
(define-fun s2-at1 ((g E) (e2 E)) E (entry1 e2 g))
(define-fun s2-word ((at E)) E at)
