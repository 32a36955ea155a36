; SPDX-License-Identifier: BSD-2-Clause
; Nested paging with a host in PAE or 32-bit paging: APM 15.25.3, 5.2.  The functions are those of stage2-ept.smt2.  e2 and e1 are words of
; memory: under a host in 32-bit paging the entry is one half of it.  host_pae is defined before this file is read.
(declare-const ncr3 E)
(declare-const host_pse Bool)
(declare-const host_nxe Bool)
(declare-const host_la57 Bool) ; counts in long mode only
(assert amd)
(assert (= (bvlshr ncr3 maxphyaddr) #x0000000000000000))
(assert (=> host_nxe nx))
(assert (=> host_la57 la57_supported))
; ERRATA E25.
(assert (=> (and host_pse (not host_pae)) (and pse36 (bvuge maxphyaddr #x0000000000000028))))
(define-fun s2-none () Bool false)
(define-fun s2-is-ept () Bool false)
; No source says what becomes of a wider GPA.
(define-fun s2-unanswered ((g E)) Bool (not (= ((_ extract 63 32) g) #x00000000)))
; Entries of 4 bytes have no NX.
(define-fun h-nxe () Bool (and host_nxe host_pae))

(define-fun h-half ((word E) (at E)) E
  (ite host_pae word (concat #x00000000 (ite (= ((_ extract 2 2) at) #b1) ((_ extract 63 32) word) ((_ extract 31 0) word)))))
(define-fun s2-at5 ((g E)) E #x0000000000000000)
(define-fun s2-at4 ((g E) (e5 E)) E #x0000000000000000)
(define-fun s2-at3 ((g E) (e4 E)) E (entry-pdpt ncr3 g))
(define-fun s2-at2 ((g E) (e3 E)) E (ite host_pae (entry2 e3 g) (entry-pde32 ncr3 g)))
(define-fun h-pde ((g E) (e3 E) (e2 E)) E (h-half e2 (s2-at2 g e3)))
; Bit 2 of the address of a PDE of 4 bytes comes from the GPA alone, so e3 does not matter there.
(define-fun s2-at1 ((g E) (e2 E)) E (ite host_pae (entry1 e2 g) (entry-pte32 (h-pde g e2 e2) g)))
(define-fun h-pte ((g E) (e2 E) (e1 E)) E (h-half e1 (s2-at1 g e2)))
(define-fun s2-word ((at E)) E (ite host_pae at (concat ((_ extract 63 3) at) #b000)))

(define-fun h-bad2 ((e E)) Bool (ite host_pae (or (reserved2 e host_nxe) (high e)) (and host_pse (reserved-4mb e))))
(define-fun h-bad1 ((e E)) Bool (and host_pae (or (reserved1 e host_nxe) (high e))))
(define-fun h-large ((e E)) Bool (and (PS e) (or host_pae host_pse)))
(define-fun s2-reads5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun s2-reads4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun s2-reads3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool host_pae)
(define-fun s2-reads2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (=> host_pae (and (P e3) (not (reserved-pdpte e3)))))
(define-fun h-used2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads2 g e5 e4 e3 e2 e1) (P (h-pde g e3 e2)) (not (h-bad2 (h-pde g e3 e2)))))
(define-fun h-page2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (h-used2 g e5 e4 e3 e2 e1) (h-large (h-pde g e3 e2))))
(define-fun s2-reads1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (h-used2 g e5 e4 e3 e2 e1) (not (h-large (h-pde g e3 e2)))))
(define-fun h-page1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads1 g e5 e4 e3 e2 e1) (P (h-pte g e2 e1)) (not (h-bad1 (h-pte g e2 e1)))))
(define-fun h-page ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (or (h-page2 g e5 e4 e3 e2 e1) (h-page1 g e5 e4 e3 e2 e1)))
(define-fun s2-misconfigured ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun h-absent ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (and host_pae (not (P e3))) (and (s2-reads2 g e5 e4 e3 e2 e1) (not (P (h-pde g e3 e2)))) (and (s2-reads1 g e5 e4 e3 e2 e1) (not (P (h-pte g e2 e1))))))
; A PDPTE has no rights.
(define-fun h-us ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (US (h-pde g e3 e2)) (=> (h-page1 g e5 e4 e3 e2 e1) (US (h-pte g e2 e1)))))
(define-fun h-rw ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (RW (h-pde g e3 e2)) (=> (h-page1 g e5 e4 e3 e2 e1) (RW (h-pte g e2 e1)))))
(define-fun h-nx ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and host_pae (or (XD (h-pde g e3 e2)) (and (h-page1 g e5 e4 e3 e2 e1) (XD (h-pte g e2 e1))))))
; A guest's table is read by a user write.
(define-fun s2-ok-table ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (h-page g e5 e4 e3 e2 e1) (h-us g e5 e4 e3 e2 e1) (h-rw g e5 e4 e3 e2 e1)))
(define-fun s2-ok-final ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (h-page g e5 e4 e3 e2 e1) (h-us g e5 e4 e3 e2 e1) (=> write (h-rw g e5 e4 e3 e2 e1)) (=> fetch (not (h-nx g e5 e4 e3 e2 e1)))))
(define-fun s2-spa ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (h-page2 g e5 e4 e3 e2 e1) (ite host_pae (inside2 e2 g) (inside-4mb (h-pde g e3 e2) g)) (inside1 (h-pte g e2 e1) g)))
(define-fun if-bit ((b Bool) (value E)) E (ite b value #x0000000000000000))
; EXITINFO1.
(define-fun s2-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool) (us Bool) (rw Bool) (xd Bool)) E
  (bvor (if-bit (not (h-absent g e5 e4 e3 e2 e1)) #x0000000000000001)
        (if-bit (or (not final) write) #x0000000000000002)
        #x0000000000000004
        (if-bit (not (or (h-page g e5 e4 e3 e2 e1) (h-absent g e5 e4 e3 e2 e1))) #x0000000000000008)
        (if-bit (and final fetch) #x0000000000000010)
        (if-bit (and final shadow) #x0000000000000040)
        (ite final #x0000000100000000 #x0000000200000000)))
; A fetch under a host without NX: ERRATA E4.
(define-fun s2-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool)) E (if-bit (and final fetch (not h-nxe)) #x0000000000000010))
(define-fun s2-flag-refused ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun s2-flag-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
(define-fun s2-flag-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
(define-fun h-a ((e E)) E (if-bit (not (A e)) #x0000000000000020))
(define-fun h-d ((e E) (w Bool)) E (if-bit (and w (not (D e))) #x0000000000000040))
(define-fun s2-may5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E #x0000000000000000)
(define-fun s2-may4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E #x0000000000000000)
(define-fun s2-may3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E #x0000000000000000)
(define-fun s2-may2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (bvor (if-bit (h-used2 g e5 e4 e3 e2 e1) (h-a (h-pde g e3 e2))) (if-bit (h-page2 g e5 e4 e3 e2 e1) (h-d (h-pde g e3 e2) w))))
(define-fun s2-may1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E (if-bit (h-page1 g e5 e4 e3 e2 e1) (bvor (h-a (h-pte g e2 e1)) (h-d (h-pte g e2 e1) w))))
(define-fun s2-shift ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (h-page2 g e5 e4 e3 e2 e1) (ite host_pae #x0000000000000015 #x0000000000000016) #x000000000000000c))
(define-fun s2-type ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
