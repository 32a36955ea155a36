; SPDX-License-Identifier: BSD-2-Clause
; A second statement of the rules, from the manuals' tables and not from the C: the entries and what one entry says.
; Names are those of spec/rules.tsv where a rule has one.  See README.md.
(set-logic QF_UFBV) ; the only functions are those defined here: QF_BV would do, but is solved at half the speed
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
(declare-const cet_ss Bool)
(declare-const lam_supported Bool)
(declare-const lass_supported Bool)
(declare-const uai_supported Bool)
(declare-const pcid Bool)
(declare-const la57_supported Bool)
(declare-const pse36 Bool)
(declare-const amd_pdpte_registers Bool)
(assert (and (bvuge maxphyaddr #x0000000000000020) (bvule maxphyaddr #x0000000000000034)))

; ---- Registers of the guest ----
(declare-const lma Bool) ; EFER.LMA and EFER.LME: CR0.PG is 1
(declare-const pae Bool) ; CR4.PAE
(declare-const pse Bool) ; CR4.PSE
(declare-const cr3 E)
(declare-const pdpte0 E)
(declare-const pdpte1 E)
(declare-const pdpte2 E)
(declare-const pdpte3 E)
(declare-const wp Bool)
(declare-const smep Bool)
(declare-const smap Bool)
(declare-const ac Bool)
(declare-const nxe Bool)
(declare-const pke Bool)
(declare-const pks_on Bool) ; CR4.PKS
(declare-const pcide Bool) ; CR4.PCIDE
(declare-const la57 Bool) ; CR4.LA57
(declare-const cet Bool) ; CR4.CET
(declare-const lam_sup Bool) ; CR4.LAM_SUP
(declare-const lass Bool) ; CR4.LASS
(declare-const uaie Bool) ; EFER.UAIE
(declare-const pkru E)
(declare-const pkrs E)
(assert (and (=> smep smep_supported) (=> smap smap_supported) (=> nxe nx) (=> pke pku) (=> pks_on pks) (=> amd (not pks)) (=> pcide pcid) (=> la57 la57_supported)))
(assert (and (=> lam_sup lam_supported) (=> lass lass_supported) (=> uaie uai_supported) (=> amd (not (or lam_supported lass_supported))) (=> uai_supported amd)))
(assert (and (=> cet cet_ss) (=> cet wp)))
(assert (= ((_ extract 63 32) pkru) #x00000000))
(assert (= ((_ extract 63 32) pkrs) #x00000000))
; SDM "Three Paging Modes": long mode is 4-level or, with CR4.LA57 = 1, 5-level paging.
(assert (=> lma pae))
(define-fun mode-pae () Bool (and pae (not lma)))
(define-fun mode-32 () Bool (not pae))
(assert (=> pcide lma))
; Entries of 4 bytes have no XD.
(define-fun xd-counts () Bool (and nxe pae))
; On AMD no source says which bits of a 4 MB page are reserved where addresses have fewer than 40 bits (ERRATA E25).
(assert (=> (and amd mode-32 pse) (and pse36 (bvuge maxphyaddr #x0000000000000028))))
; Bits 11:0 of CR3 are PWT and PCD, or the PCID: SDM tables 4-12 and 4-13.  Outside long mode those above 31
; can be left from it, and take no part.  Bits 63:MAXPHYADDR can be in no mode (SDM 26.3.1.1); but for 62 and 61, LAM_U48 and LAM_U57,
; of a processor with LAM.
(assert (= (bvlshr (ite lam_supported (bvand cr3 #x9fffffffffffffff) cr3) maxphyaddr) #x0000000000000000))

; ---- The access ----
(declare-const pointer E) ; the linear address of the access, before LAM and UAI
(declare-const write Bool)
(declare-const fetch Bool)
(declare-const user Bool)
(declare-const implicit Bool)
(declare-const cs_ss_fs_gs Bool)
(declare-const shadow Bool) ; of a shadow stack
(declare-const wruss Bool)
(assert (not (and write fetch)))
(assert (=> implicit (not fetch)))
(assert (=> (not lma) (= ((_ extract 63 32) pointer) #x00000000)))
(assert (=> shadow (and cet (not fetch))))
(assert (=> wruss (and shadow write (not user) (not implicit))))
; SDM vol. 2 "WRUSS": a user access, though CPL is 0.
(define-fun user-mode () Bool (and (or user wruss) (not implicit)))

; ---- Linear-address pre-processing: SDM chapter 4, APM 5.10; LASS as KVM has it (ERRATA E41) ----
(define-fun upper () Bool (= ((_ extract 63 63) pointer) #b1))
; Of a supervisor pointer as many bits count as the paging mode has; of a user pointer as many as CR3 says, 57 before 48.
(define-fun lam-57 () Bool (and lma (ite upper (and lam_sup la57) (and lam_supported (= ((_ extract 61 61) cr3) #b1)))))
(define-fun lam-48 () Bool (and lma (ite upper (and lam_sup (not la57)) (and lam_supported (= ((_ extract 62 61) cr3) #b10)))))
(define-fun data () Bool (and (not fetch) (not implicit)))
(define-fun ignores () Bool (and lma uaie data (not cs_ss_fs_gs)))
(define-fun linear () E
  (ite ignores ((_ sign_extend 7) ((_ extract 56 0) pointer))
  (ite (and data lam-57) (concat ((_ extract 63 63) pointer) ((_ sign_extend 6) ((_ extract 56 0) pointer)))
  (ite (and data lam-48) (concat ((_ extract 63 63) pointer) ((_ sign_extend 15) ((_ extract 47 0) pointer))) pointer))))
; No source says whether shadow-stack accesses are masked (ERRATA E45).
(assert (=> shadow (= linear pointer)))
(define-fun lass-denies () Bool (and lma lass
  (ite user-mode upper (and (not upper) (or fetch (and smap (or implicit (not ac))))))))
(define-fun cr2-open () E (ite ignores #xfe00000000000000 #x0000000000000000))

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
; Bits 62:52, reserved in a PDE or PTE of PAE paging: SDM tables 4-9 to 4-11, APM figures 5-11 to 5-15.
(define-fun high ((e E)) Bool (not (= ((_ extract 62 52) e) #b00000000000)))
; SDM table 4-8, APM figure 5-10.
(define-fun reserved-pdpte ((e E)) Bool
  (or (not (= ((_ extract 2 1) e) #b00)) (not (= ((_ extract 8 5) e) #x0)) (wide e) (high e) (XD e)))
; A PDE that maps 4 MB has bits 39:32 of the address in 20:13.  Reserved are 21:(M-19), M = min(40, MAXPHYADDR), or 21:13 without PSE-36.
(define-fun bits-of-4mb () E (ite pse36 (ite (bvuge maxphyaddr #x0000000000000028) #x0000000000000028 maxphyaddr) #x0000000000000020))
(define-fun reserved-4mb ((e E)) Bool (and (PS e)
  (not (= (bvlshr ((_ zero_extend 42) ((_ extract 21 0) e)) (bvsub bits-of-4mb #x0000000000000013)) #x0000000000000000))))

; Addresses of the entries, and of what is in a page.
(define-fun entry5 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 56 48) a) #b000)))
(define-fun entry4 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 47 39) a) #b000)))
(define-fun entry3 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 38 30) a) #b000)))
(define-fun entry2 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 29 21) a) #b000)))
(define-fun entry1 ((table E) (a E)) E (bvor (address table) (concat #b0000000000000000000000000000000000000000000000000000 ((_ extract 20 12) a) #b000)))
(define-fun inside3 ((e E) (a E)) E (concat #x000 ((_ extract 51 30) e) ((_ extract 29 0) a)))
(define-fun inside2 ((e E) (a E)) E (concat #x000 ((_ extract 51 21) e) ((_ extract 20 0) a)))
(define-fun inside1 ((e E) (a E)) E (concat #x000 ((_ extract 51 12) e) ((_ extract 11 0) a)))
; The four PDPTEs of PAE paging: at bits 31:5 of CR3.
(define-fun entry-pdpt ((root E) (a E)) E (concat #x00000000 ((_ extract 31 5) root) ((_ extract 31 30) a) #b000))
; 32-bit paging: 1024 entries of 4 bytes, in tables below 4 GB.
(define-fun entry-pde32 ((root E) (a E)) E (concat #x00000000 ((_ extract 31 12) root) ((_ extract 31 22) a) #b00))
(define-fun entry-pte32 ((e E) (a E)) E (concat #x00000000 ((_ extract 31 12) e) ((_ extract 21 12) a) #b00))
(define-fun inside-4mb ((e E) (a E)) E (concat #x000000 ((_ extract 20 13) e) ((_ extract 31 22) e) ((_ extract 21 0) a)))
; The entry at this address in its word of 8 bytes, little-endian.
(define-fun in-word ((word E) (at E)) E
  (ite mode-32 (concat #x00000000 (ite (= ((_ extract 2 2) at) #b1) ((_ extract 63 32) word) ((_ extract 31 0) word))) word))
(define-fun word-of ((at E)) E (ite mode-32 (concat ((_ extract 63 3) at) #b000) at))
