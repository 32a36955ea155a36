; SPDX-License-Identifier: BSD-2-Clause
; Chapter 60, "When none is needed", once more: which bits of an entry a mapping holds, which of them are rights, and what is left.
; The processor has 46 address bits, XD and 2 MB pages, neither 1 GB pages nor execute-only EPT.

(declare-const who (_ BitVec 2)) ; 0 Intel, 1 AMD, 2 EPT
(declare-const smep Bool)
(declare-const level (_ BitVec 3))
(declare-const before (_ BitVec 64)) (declare-const after (_ BitVec 64))
(assert (bvult who #b11)) (assert (bvuge level #b001)) (assert (bvule level #b100))
; bit 6 of the EPT pointer is 1: as test_changes has it
(define-fun ept () Bool (= who #b10))
(define-fun amd () Bool (= who #b01))

(define-fun one ((e (_ BitVec 64)) (mask (_ BitVec 64))) Bool (distinct (bvand e mask) #x0000000000000000))
(define-fun none ((e (_ BitVec 64)) (mask (_ BitVec 64))) Bool (= (bvand e mask) #x0000000000000000))
(define-fun too-high ((e (_ BitVec 64))) Bool (one e #x000fc00000000000)) ; 51:46
(define-fun ps ((e (_ BitVec 64))) Bool (one e #x0000000000000080))
(define-fun maps-page ((e (_ BitVec 64))) Bool (or (= level #b001) (and (= level #b010) (ps e))))

; SDM tables 4-14 to 4-19; APM 5.3
(define-fun guest-usable ((e (_ BitVec 64))) Bool
  (and (one e #x0000000000000001) (not (too-high e))
    (=> (= level #b100) (and (not (ps e)) (=> amd (none e #x0000000000000100))))
    (=> (= level #b011) (not (ps e)))
    (=> (and (= level #b010) (ps e)) (none e #x00000000001fe000))))
; SDM tables 28-1 to 28-6 and 28.2.3.1
(define-fun ept-usable ((e (_ BitVec 64))) Bool
  (and (one e #x0000000000000007) (one e #x0000000000000001) (not (too-high e))
    (=> (= level #b100) (none e #x00000000000000f8))
    (=> (= level #b011) (none e #x00000000000000f8))
    (=> (and (= level #b010) (not (ps e))) (none e #x0000000000000078))
    (=> (and (= level #b010) (ps e)) (none e #x00000000001ff000))
    (=> (maps-page e)
        (let ((type ((_ extract 5 3) e))) (or (= type #b000) (= type #b001) (= type #b100) (= type #b101) (= type #b110))))))
(define-fun usable ((e (_ BitVec 64))) Bool (ite ept (ept-usable e) (guest-usable e)))

; Bits 51:12 and 7; PWT and PCD; of a page G and the key; of EPT's pages the memory type, IPAT and bit 60.
(define-fun held () (_ BitVec 64)
  (ite ept
    (ite (maps-page before) #x100ffffffffff0f8 #x000ffffffffff080)
    (ite (maps-page before) #x780ffffffffff198 #x000ffffffffff098)))
; Rights: a 1 that allows, XD turned round.
(define-fun rights ((e (_ BitVec 64))) (_ BitVec 64)
  (ite ept (bvand e #x0000000000000007) (bvxor (bvand e #x8000000000000006) #x8000000000000000)))
(define-fun taken () (_ BitVec 64) (bvand (rights before) (bvnot (rights after))))
(define-fun given () (_ BitVec 64) (bvand (rights after) (bvnot (rights before))))
(define-fun flags () (_ BitVec 64)
  (ite ept (ite (maps-page before) #x0000000000000300 #x0000000000000100)
           (ite (maps-page before) #x0000000000000060 #x0000000000000020)))
(define-fun wrong () Bool
  (or (not (usable after)) (distinct (maps-page before) (maps-page after))
      (one (bvxor before after) held) (distinct taken #x0000000000000000)
      (and (= who #b00) smep (one given #x0000000000000004))))
(define-fun need () (_ BitVec 2)
  (ite (not (usable before)) #b00
  (ite wrong #b11
  (ite (and (not amd) (distinct given #x0000000000000000)) #b01
  (ite (one (bvand before (bvnot after)) flags) #b10 #b00)))))
