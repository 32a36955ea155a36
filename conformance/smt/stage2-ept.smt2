; SPDX-License-Identifier: BSD-2-Clause
; EPT of 4 or 5 levels: SDM "EPT Translation Mechanism", "EPT Misconfigurations", "EPT Violations", "Accessed and Dirty Flags for EPT",
; and the table of the exit qualification.  `g` is the GPA, e5 to e1 the entries that its walk would read.
(declare-const eptp E)
(declare-const ept_execute_only Bool)
(declare-const ept_page_2mb Bool)
(declare-const ept_page_1gb Bool)
(declare-const ept_5level Bool)
(declare-const ept_accessed_dirty Bool)
(declare-const ept_sss Bool)
(declare-const ept_advanced Bool)
(declare-const ept_pml Bool)
; The control, and the index, a field of 16 bits.
(declare-const pml Bool)
(declare-const pml_index E)
(assert (=> pml ept_pml))
(assert (= ((_ extract 63 16) pml_index) #x000000000000))
(assert (not amd))
(assert (= ((_ extract 11 8) eptp) #b0000))
; Supervisor shadow-stack control.
(assert (=> (= ((_ extract 7 7) eptp) #b1) ept_sss))
(define-fun sss-on () Bool (= ((_ extract 7 7) eptp) #b1))
(assert (= ((_ extract 2 0) eptp) #b110)) ; write-back
; The length of the walk less one: SDM table of the EPTP.
(assert (or (= ((_ extract 5 3) eptp) #b011) (and ept_5level (= ((_ extract 5 3) eptp) #b100))))
(define-fun s2-5level () Bool (= ((_ extract 5 3) eptp) #b100))
(assert (=> (= ((_ extract 6 6) eptp) #b1) ept_accessed_dirty))
(assert (= (bvlshr eptp maxphyaddr) #x0000000000000000))
(define-fun s2-root () E eptp)
(define-fun s2-none () Bool false)
(define-fun s2-is-ept () Bool true)
(define-fun s2-unanswered ((g E)) Bool false)
(define-fun ad () Bool (= ((_ extract 6 6) eptp) #b1))

(define-fun ept-r ((e E)) Bool (= ((_ extract 0 0) e) #b1))
(define-fun ept-w ((e E)) Bool (= ((_ extract 1 1) e) #b1))
(define-fun ept-x ((e E)) Bool (= ((_ extract 2 2) e) #b1))
(define-fun ept-present ((e E)) Bool (not (= ((_ extract 2 0) e) #b000)))
(define-fun ept-large ((e E)) Bool (= ((_ extract 7 7) e) #b1))
(define-fun ept-type-bad ((e E)) Bool
  (or (= ((_ extract 5 3) e) #b010) (= ((_ extract 5 3) e) #b011) (= ((_ extract 5 3) e) #b111)))
; Misconfigured at any level: write without read, execute-only where that is not supported, an address too wide.
(define-fun ept-odd ((e E)) Bool
  (or (and (not (ept-r e)) (ept-w e))
      (and (= ((_ extract 2 0) e) #b100) (not ept_execute_only))
      (wide e)))
(define-fun ept-bad5 ((e E)) Bool (and (ept-present e) (or (ept-odd e) (not (= ((_ extract 7 3) e) #b00000)))))
(define-fun ept-bad4 ((e E)) Bool (and (ept-present e) (or (ept-odd e) (not (= ((_ extract 7 3) e) #b00000)))))
(define-fun ept-bad3 ((e E)) Bool (and (ept-present e) (or (ept-odd e)
  (ite (ept-large e) (or (not ept_page_1gb) (ept-type-bad e) (not (= ((_ extract 29 12) e) #b000000000000000000)))
                     (not (= ((_ extract 6 3) e) #b0000))))))
(define-fun ept-bad2 ((e E)) Bool (and (ept-present e) (or (ept-odd e)
  (ite (ept-large e) (or (not ept_page_2mb) (ept-type-bad e) (not (= ((_ extract 20 12) e) #b000000000)))
                     (not (= ((_ extract 6 3) e) #b0000))))))
(define-fun ept-bad1 ((e E)) Bool (and (ept-present e) (or (ept-odd e) (ept-type-bad e))))

; Which entries the walk reads.
(define-fun s2-reads5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool s2-5level)
(define-fun s2-reads4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (ite s2-5level (and (ept-present e5) (not (ept-bad5 e5))) (= ((_ extract 63 48) g) #x0000)))
(define-fun s2-reads3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads4 g e5 e4 e3 e2 e1) (ept-present e4) (not (ept-bad4 e4))))
(define-fun s2-reads2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads3 g e5 e4 e3 e2 e1) (ept-present e3) (not (ept-bad3 e3)) (not (ept-large e3))))
(define-fun s2-reads1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads2 g e5 e4 e3 e2 e1) (ept-present e2) (not (ept-bad2 e2)) (not (ept-large e2))))
; Does it end in a misconfiguration, or in a page?
(define-fun s2-misconfigured ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (and (s2-reads5 g e5 e4 e3 e2 e1) (ept-bad5 e5)) (and (s2-reads4 g e5 e4 e3 e2 e1) (ept-bad4 e4)) (and (s2-reads3 g e5 e4 e3 e2 e1) (ept-bad3 e3))
      (and (s2-reads2 g e5 e4 e3 e2 e1) (ept-bad2 e2)) (and (s2-reads1 g e5 e4 e3 e2 e1) (ept-bad1 e1))))
(define-fun ept-page3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads3 g e5 e4 e3 e2 e1) (ept-present e3) (not (ept-bad3 e3)) (ept-large e3)))
(define-fun ept-page2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads2 g e5 e4 e3 e2 e1) (ept-present e2) (not (ept-bad2 e2)) (ept-large e2)))
(define-fun ept-page1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (s2-reads1 g e5 e4 e3 e2 e1) (ept-present e1) (not (ept-bad1 e1))))
(define-fun ept-page ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (or (ept-page3 g e5 e4 e3 e2 e1) (ept-page2 g e5 e4 e3 e2 e1) (ept-page1 g e5 e4 e3 e2 e1)))
; The rights of the page, the conjunction of the entries' bits; none if there is no page.
(define-fun ept-readable ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (ept-page g e5 e4 e3 e2 e1) (=> s2-5level (ept-r e5)) (ept-r e4) (ept-r e3) (=> (s2-reads2 g e5 e4 e3 e2 e1) (ept-r e2)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (ept-r e1))))
(define-fun ept-writable ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (ept-page g e5 e4 e3 e2 e1) (=> s2-5level (ept-w e5)) (ept-w e4) (ept-w e3) (=> (s2-reads2 g e5 e4 e3 e2 e1) (ept-w e2)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (ept-w e1))))
(define-fun ept-executable ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (ept-page g e5 e4 e3 e2 e1) (=> s2-5level (ept-x e5)) (ept-x e4) (ept-x e3) (=> (s2-reads2 g e5 e4 e3 e2 e1) (ept-x e2)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (ept-x e1))))

; May the guest's table be read there, may the access itself be made?
(define-fun s2-ok-table ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (and (ept-readable g e5 e4 e3 e2 e1) (=> ad (ept-writable g e5 e4 e3 e2 e1))))
; A supervisor's shadow stack has pages with bit 60, below entries that are all writable; W of the page does not count.
(define-fun ept-sss ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (ept-page g e5 e4 e3 e2 e1)
  (= ((_ extract 60 60) (ite (ept-page3 g e5 e4 e3 e2 e1) e3 (ite (ept-page2 g e5 e4 e3 e2 e1) e2 e1))) #b1)))
(define-fun ept-tables-w ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (and (=> s2-5level (ept-w e5)) (ept-w e4)
  (=> (s2-reads2 g e5 e4 e3 e2 e1) (ept-w e3)) (=> (s2-reads1 g e5 e4 e3 e2 e1) (ept-w e2))))
(define-fun s2-ok-final ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool
  (ite (and sss-on shadow (not user-mode)) (and (ept-readable g e5 e4 e3 e2 e1) (ept-tables-w g e5 e4 e3 e2 e1) (ept-sss g e5 e4 e3 e2 e1))
  (ite fetch (ept-executable g e5 e4 e3 e2 e1) (ite write (ept-writable g e5 e4 e3 e2 e1) (ept-readable g e5 e4 e3 e2 e1)))))
(define-fun s2-spa ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (ept-page3 g e5 e4 e3 e2 e1) (inside3 e3 g) (ite (ept-page2 g e5 e4 e3 e2 e1) (inside2 e2 g) (inside1 e1 g))))

; The exit qualification: us, rw and xd are those of the guest's entries, for bits 11:9.
(define-fun if-bit ((b Bool) (value E)) E (ite b value #x0000000000000000))
(define-fun ept-rights ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (bvor (if-bit (ept-readable g e5 e4 e3 e2 e1) #x0000000000000008) (if-bit (ept-writable g e5 e4 e3 e2 e1) #x0000000000000010)
        (if-bit (ept-executable g e5 e4 e3 e2 e1) #x0000000000000020)))
(define-fun s2-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool) (us Bool) (rw Bool) (xd Bool)) E
  (bvor (ite final (ite fetch #x0000000000000004 (ite write #x0000000000000002 #x0000000000000001))
                   (ite ad #x0000000000000003 #x0000000000000001))
        (ept-rights g e5 e4 e3 e2 e1)
        #x0000000000000080
        (if-bit final #x0000000000000100)
        (if-bit (and final ept_advanced us) #x0000000000000200)
        (if-bit (and final ept_advanced rw) #x0000000000000400)
        (if-bit (and final ept_advanced xd xd-counts) #x0000000000000800)
        (if-bit (and final shadow) #x0000000000002000)
        (if-bit (and sss-on (ept-sss g e5 e4 e3 e2 e1)) #x0000000000004000)))
; Bits without a defined value: 6 (no mode-based execute control), 12, and 11:9 but as above; 14 without a page or supervisor shadow-stack control.
(define-fun s2-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (final Bool)) E
  (bvor #x0000000000001040 (if-bit (not (and sss-on (ept-page g e5 e4 e3 e2 e1))) #x0000000000004000) (if-bit (not (and final ept_advanced)) #x0000000000000e00)))
; Setting a flag in the entry at this GPA.
(define-fun s2-flag-refused ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) Bool (not (ept-writable g e5 e4 e3 e2 e1)))
(define-fun s2-flag-code ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (bvor #x0000000000000082 (ept-rights g e5 e4 e3 e2 e1) (if-bit (and sss-on (ept-sss g e5 e4 e3 e2 e1)) #x0000000000004000)))
(define-fun s2-flag-open ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (bvor #x0000000000001e41 (if-bit (not (and sss-on (ept-page g e5 e4 e3 e2 e1))) #x0000000000004000)))

; The flags that the use of an entry sets: 8 in each, 9 in the one that maps the page if `w`, an access that is, or counts as, a write.
(define-fun ept-flag8 ((e E)) E (if-bit (and ad (= ((_ extract 8 8) e) #b0)) #x0000000000000100))
(define-fun ept-flag9 ((e E) (w Bool)) E (if-bit (and ad w (= ((_ extract 9 9) e) #b0)) #x0000000000000200))
(define-fun s2-may5 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (and s2-5level (s2-reads4 g e5 e4 e3 e2 e1)) (ept-flag8 e5) #x0000000000000000))
(define-fun s2-may4 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E (ite (s2-reads3 g e5 e4 e3 e2 e1) (ept-flag8 e4) #x0000000000000000))
(define-fun s2-may3 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (s2-reads2 g e5 e4 e3 e2 e1) (ept-flag8 e3)
    (ite (ept-page3 g e5 e4 e3 e2 e1) (bvor (ept-flag8 e3) (ept-flag9 e3 w)) #x0000000000000000)))
(define-fun s2-may2 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (s2-reads1 g e5 e4 e3 e2 e1) (ept-flag8 e2)
    (ite (ept-page2 g e5 e4 e3 e2 e1) (bvor (ept-flag8 e2) (ept-flag9 e2 w)) #x0000000000000000)))
(define-fun s2-may1 ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E) (w Bool)) E
  (ite (ept-page1 g e5 e4 e3 e2 e1) (bvor (ept-flag8 e1) (ept-flag9 e1 w)) #x0000000000000000))
; The size of the page, as log2 of bytes; and bits 6:3 of the entry that maps it, "ignore PAT" and the memory type.
(define-fun s2-shift ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  (ite (ept-page3 g e5 e4 e3 e2 e1) #x000000000000001e (ite (ept-page2 g e5 e4 e3 e2 e1) #x0000000000000015 #x000000000000000c)))
(define-fun s2-type ((g E) (e5 E) (e4 E) (e3 E) (e2 E) (e1 E)) E
  ((_ zero_extend 60) ((_ extract 6 3) (ite (ept-page3 g e5 e4 e3 e2 e1) e3 (ite (ept-page2 g e5 e4 e3 e2 e1) e2 e1)))))
