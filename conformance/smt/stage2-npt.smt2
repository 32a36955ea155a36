; SPDX-License-Identifier: BSD-2-Clause
; Nested paging with a host of 4 or 5 levels: APM 15.25.  The functions are those of stage2-ept.smt2.
(declare-const ncr3 E)
(declare-const host_nxe Bool)
(declare-const host_la57 Bool)
(assert amd)
(assert (= ((_ extract 11 0) ncr3) #x000))
(assert (= (bvlshr ncr3 maxphyaddr) #x0000000000000000))
(assert (=> host_nxe nx))
(assert (=> host_la57 la57_supported))
(define-fun s2-5level () Bool host_la57)
(define-fun s2-root () E ncr3)
(define-fun s2-none () Bool false)
(define-fun s2-is-ept () Bool false)
; No source says what becomes of a wider GPA under 4 levels.
(define-fun s2-unanswered ((g E)) Bool (and (not s2-5level) (not (= ((_ extract 63 48) g) #x0000))))

(define-fun n-good5 ((e E)) Bool (and (P e) (not (reserved5 e host_nxe true))))
(define-fun n-good4 ((e E)) Bool (and (P e) (not (reserved4 e host_nxe true))))
(define-fun n-good3 ((e E)) Bool (and (P e) (not (reserved3 e host_nxe page_1gb))))
(define-fun n-good2 ((e E)) Bool (and (P e) (not (reserved2 e host_nxe))))
(define-fun n-good1 ((e E)) Bool (and (P e) (not (reserved1 e host_nxe))))
(define-fun s2-reads5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool s2-5level)
(define-fun s2-reads4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (=> s2-5level (n-good5 e5)))
(define-fun s2-reads3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads4 g e5 e4 e3 e2 e1) (n-good4 e4)))
(define-fun s2-reads2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads3 g e5 e4 e3 e2 e1) (n-good3 e3) (not (PS e3))))
(define-fun s2-reads1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads2 g e5 e4 e3 e2 e1) (n-good2 e2) (not (PS e2))))
(define-fun s2-misconfigured ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun n-page3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads3 g e5 e4 e3 e2 e1) (n-good3 e3) (PS e3)))
(define-fun n-page2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads2 g e5 e4 e3 e2 e1) (n-good2 e2) (PS e2)))
(define-fun n-page1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (s2-reads1 g e5 e4 e3 e2 e1) (n-good1 e1)))
(define-fun n-page ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (n-page3 g e5 e4 e3 e2 e1) (n-page2 g e5 e4 e3 e2 e1) (n-page1 g e5 e4 e3 e2 e1)))
(define-fun n-not-present ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (and s2-5level (not (P e5))) (and (s2-reads4 g e5 e4 e3 e2 e1) (not (P e4))) (and (s2-reads3 g e5 e4 e3 e2 e1) (not (P e3))) (and (s2-reads2 g e5 e4 e3 e2 e1) (not (P e2)))
      (and (s2-reads1 g e5 e4 e3 e2 e1) (not (P e1)))))
(define-fun n-us ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (=> s2-5level (US e5)) (US e4) (US e3) (=> (s2-reads2 g e5 e4 e3 e2 e1) (US e2)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (US e1))))
(define-fun n-rw ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (=> s2-5level (RW e5)) (RW e4) (RW e3) (=> (s2-reads2 g e5 e4 e3 e2 e1) (RW e2)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (RW e1))))
(define-fun n-xd ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (and s2-5level (XD e5)) (XD e4) (XD e3) (and (s2-reads2 g e5 e4 e3 e2 e1) (XD e2)) (and (s2-reads1 g e5 e4 e3 e2 e1) (XD e1))))
; A guest's table is read by a user write.
(define-fun s2-ok-table ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (n-page g e5 e4 e3 e2 e1) (n-us g e5 e4 e3 e2 e1) (n-rw g e5 e4 e3 e2 e1)))
(define-fun s2-ok-final ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (n-page g e5 e4 e3 e2 e1) (n-us g e5 e4 e3 e2 e1) (=> write (n-rw g e5 e4 e3 e2 e1)) (=> fetch (not (n-xd g e5 e4 e3 e2 e1)))))
(define-fun s2-spa ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (n-page3 g e5 e4 e3 e2 e1) (inside3 e3 g) (ite (n-page2 g e5 e4 e3 e2 e1) (inside2 e2 g) (inside1 e1 g))))
(define-fun if-bit ((b Bool) (value E)) E (ite b value #x0000000000000000))
; EXITINFO1.
(define-fun s2-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool) (us Bool) (rw Bool) (xd Bool)) E
  (bvor (if-bit (not (n-not-present g e5 e4 e3 e2 e1)) #x0000000000000001)
        (if-bit (or (not final) write) #x0000000000000002)
        #x0000000000000004
        (if-bit (and (not (n-page g e5 e4 e3 e2 e1)) (not (n-not-present g e5 e4 e3 e2 e1))) #x0000000000000008)
        (if-bit (and final fetch) #x0000000000000010)
        (if-bit (and final shadow) #x0000000000000040)
        (ite final #x0000000100000000 #x0000000200000000)))
; A fetch under a host without NXE: ERRATA E4.
(define-fun s2-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool)) E (if-bit (and final fetch (not host_nxe)) #x0000000000000010))
(define-fun s2-flag-refused ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool false)
(define-fun s2-flag-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
(define-fun s2-flag-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
(define-fun n-a ((e E)) E (if-bit (not (A e)) #x0000000000000020))
(define-fun n-d ((e E) (w Bool)) E (if-bit (and w (not (D e))) #x0000000000000040))
(define-fun s2-may5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (and s2-5level (s2-reads4 g e5 e4 e3 e2 e1)) (n-a e5) #x0000000000000000))
(define-fun s2-may4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E (ite (s2-reads3 g e5 e4 e3 e2 e1) (n-a e4) #x0000000000000000))
(define-fun s2-may3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (s2-reads2 g e5 e4 e3 e2 e1) (n-a e3) (ite (n-page3 g e5 e4 e3 e2 e1) (bvor (n-a e3) (n-d e3 w)) #x0000000000000000)))
(define-fun s2-may2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (s2-reads1 g e5 e4 e3 e2 e1) (n-a e2) (ite (n-page2 g e5 e4 e3 e2 e1) (bvor (n-a e2) (n-d e2 w)) #x0000000000000000)))
(define-fun s2-may1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (n-page1 g e5 e4 e3 e2 e1) (bvor (n-a e1) (n-d e1 w)) #x0000000000000000))
; The size of the page, as log2 of bytes; and bits 6:3 of the entry that maps it: of no meaning here.
(define-fun s2-shift ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (n-page3 g e5 e4 e3 e2 e1) #x000000000000001e (ite (n-page2 g e5 e4 e3 e2 e1) #x0000000000000015 #x000000000000000c)))
(define-fun s2-type ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E #x0000000000000000)
