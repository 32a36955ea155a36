; SPDX-License-Identifier: BSD-2-Clause
; A second statement of the rules, from the manuals' tables and not from the C: the entries and what one entry says.
; Names are those of spec/rules.tsv where a rule has one.  See README.md.
(set-logic QF_BV)
(define-sort E () (_ BitVec 64))

; ---- The processor ----
(declare-const amd Bool)
(declare-const maxphyaddr E)
(declare-const nx Bool)
(declare-const page_1gb Bool)
(declare-const smep_supported Bool)
(declare-const smap_supported Bool)
(declare-const pku Bool)
(declare-const pks Bool)
(declare-const pcid Bool)
(declare-const la57_supported Bool)
(assert (and (bvuge maxphyaddr #x0000000000000020) (bvule maxphyaddr #x0000000000000034)))

; ---- Registers of the guest ----
(declare-const cr3 E)
(declare-const wp Bool)
(declare-const smep Bool)
(declare-const smap Bool)
(declare-const ac Bool)
(declare-const nxe Bool)
(declare-const pke Bool)
(declare-const pks_on Bool) ; CR4.PKS
(declare-const pcide Bool) ; CR4.PCIDE
(declare-const la57 Bool) ; CR4.LA57
(declare-const pkru E)
(declare-const pkrs E)
(assert (and (=> smep smep_supported) (=> smap smap_supported) (=> nxe nx) (=> pke pku) (=> pks_on pks) (=> amd (not pks)) (=> pcide pcid) (=> la57 la57_supported)))
(assert (= ((_ extract 63 32) pkru) #x00000000))
(assert (= ((_ extract 63 32) pkrs) #x00000000))
; Bits 11:0 of CR3 are PWT and PCD, or the PCID: SDM tables 4-12 and 4-13.
(assert (= (bvlshr cr3 maxphyaddr) #x0000000000000000))

; ---- The access ----
(declare-const linear E)
(declare-const write Bool)
(declare-const fetch Bool)
(declare-const user Bool)
(declare-const implicit Bool)
(assert (not (and write fetch)))
(assert (=> implicit (not fetch)))
(define-fun user-mode () Bool (and user (not implicit)))

; ---- Fields of an entry of guest paging, and of nested paging: SDM tables 4-14 to 4-19, APM figures 5-20 to 5-35 ----
(define-fun P ((e E)) Bool (= ((_ extract 0 0) e) #b1))
(define-fun RW ((e E)) Bool (= ((_ extract 1 1) e) #b1))
(define-fun US ((e E)) Bool (= ((_ extract 2 2) e) #b1))
(define-fun A ((e E)) Bool (= ((_ extract 5 5) e) #b1))
(define-fun D ((e E)) Bool (= ((_ extract 6 6) e) #b1))
(define-fun PS ((e E)) Bool (= ((_ extract 7 7) e) #b1))
(define-fun XD ((e E)) Bool (= ((_ extract 63 63) e) #b1))
(define-fun key ((e E)) E ((_ zero_extend 60) ((_ extract 62 59) e)))
(define-fun address ((e E)) E (concat #x000 ((_ extract 51 12) e) #x000))

; Bits 51:MAXPHYADDR.
(define-fun wide ((e E)) Bool (not (= (bvlshr (concat #x000 ((_ extract 51 0) e)) maxphyaddr) #x0000000000000000)))
; What is reserved in an entry that is present, by level; `x`: the EFER.NXE that governs the table, `gb`: 1 GB pages, `bit8`: an AMD PML4E or PML5E.
(define-fun reserved4 ((e E) (x Bool) (bit8 Bool)) Bool
  (or (wide e) (and (not x) (XD e)) (PS e) (and bit8 (= ((_ extract 8 8) e) #b1))))
(define-fun reserved5 ((e E) (x Bool) (bit8 Bool)) Bool
  (or (wide e) (and (not x) (XD e)) (PS e) (and bit8 (= ((_ extract 8 8) e) #b1))))
(define-fun reserved3 ((e E) (x Bool) (gb Bool)) Bool
  (or (wide e) (and (not x) (XD e)) (and (PS e) (or (not gb) (not (= ((_ extract 29 13) e) #b00000000000000000))))))
(define-fun reserved2 ((e E) (x Bool)) Bool
  (or (wide e) (and (not x) (XD e)) (and (PS e) (not (= ((_ extract 20 13) e) #x00)))))
(define-fun reserved1 ((e E) (x Bool)) Bool (or (wide e) (and (not x) (XD e))))

; Addresses of the entries, and of what is in a page.
(define-fun entry5 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 56 48) a) #b000)))
(define-fun entry4 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 47 39) a) #b000)))
(define-fun entry3 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 38 30) a) #b000)))
(define-fun entry2 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 29 21) a) #b000)))
(define-fun entry1 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 20 12) a) #b000)))
(define-fun inside3 ((e E) (a E)) E (concat #x000 ((_ extract 51 30) e) ((_ extract 29 0) a)))
(define-fun inside2 ((e E) (a E)) E (concat #x000 ((_ extract 51 21) e) ((_ extract 20 0) a)))
(define-fun inside1 ((e E) (a E)) E (concat #x000 ((_ extract 51 12) e) ((_ extract 11 0) a)))
