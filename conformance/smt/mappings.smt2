; SPDX-License-Identifier: BSD-2-Clause
; Chapters 50 and 60 once more, from the manuals' sentences: which mappings may be made and used, and which an operation ends.
; A mapping is turned into what it would serve, an operation into what it names; sets are masks where the model has conditions.

; ---- The question ----
(declare-const amd Bool)
(declare-const guest Bool) (declare-const enable_vpid Bool) (declare-const stage2 Bool) (declare-const paging Bool)
(declare-const pge Bool) (declare-const pcide Bool) (declare-const tce Bool)
(declare-const tags_space (_ BitVec 16)) (declare-const tags_pcid (_ BitVec 16)) (declare-const tags_root (_ BitVec 64))

(declare-const by (_ BitVec 8)) (declare-const type (_ BitVec 8))
(declare-const no_flush Bool) (declare-const linear_valid Bool)
(declare-const pcid (_ BitVec 16)) (declare-const space (_ BitVec 16)) (declare-const root (_ BitVec 64))
(declare-const address (_ BitVec 64)) (declare-const large Bool) ; the page: 2 MB, else 4 KB
(declare-const gpa (_ BitVec 64)) (declare-const before (_ BitVec 64)) (declare-const after (_ BitVec 64))

(declare-const kind (_ BitVec 2)) ; 0 linear, 1 guest-physical, 2 combined
(declare-const table Bool) (declare-const global Bool)
(declare-const m_space (_ BitVec 16)) (declare-const m_pcid (_ BitVec 16)) (declare-const m_root (_ BitVec 64))
(declare-const m_address (_ BitVec 64)) (declare-const m_shift (_ BitVec 64)) ; 12, 21, 30 or 39

; ---- Pages: two naturally aligned ones meet exactly if they agree above the larger of their sizes ----
(define-fun o_shift () (_ BitVec 64) (ite large #x0000000000000015 #x000000000000000c))
(define-fun wider () (_ BitVec 64) (ite (bvugt m_shift o_shift) m_shift o_shift))
(define-fun meets () Bool (= (bvlshr m_address wider) (bvlshr address wider)))
(define-fun m_has ((a (_ BitVec 64))) Bool (= (bvlshr m_address m_shift) (bvlshr a m_shift)))
(assert (or (= m_shift #x000000000000000c) (= m_shift #x0000000000000015) (= m_shift #x000000000000001e) (= m_shift #x0000000000000027)))
(assert (= ((_ extract 63 47) m_address) #b00000000000000000))
(assert (= ((_ extract 63 47) address) #b00000000000000000))
(assert (= ((_ extract 63 48) gpa) #x0000))
(assert (= ((_ extract 15 12) pcid) #x0)) (assert (= ((_ extract 15 12) tags_pcid) #x0)) (assert (= ((_ extract 15 12) m_pcid) #x0))
(assert (= ((_ extract 11 0) root) #x000)) (assert (= ((_ extract 11 0) tags_root) #x000)) (assert (= ((_ extract 11 0) m_root) #x000))
(assert (bvule kind #b10)) (assert (bvult by #x11))

; ---- Tags of the moment ----
(define-fun tagged () Bool (and guest (or amd enable_vpid)))
(define-fun now_space () (_ BitVec 16) (ite tagged tags_space #x0000))
(define-fun now_pcid () (_ BitVec 16) (ite pcide tags_pcid #x0000))
(define-fun nested () Bool (and guest stage2))
(define-fun guest_physical () Bool (= kind #b01))
(define-fun linear_side () Bool (not guest_physical))
(define-fun linear () Bool (= kind #b00))
(define-fun combined () Bool (= kind #b10))
(define-fun global_translation () Bool (and global (not table)))

; SDM 28.3.2: what is used.  "Linear mappings" while EPT is not in use; else guest-physical and combined ones.
(define-fun tags_fit () Bool
  (ite amd
    (= m_space now_space)                                  ; APM 15.16: the ASID of every entry
    (and (=> linear_side (= m_space now_space))            ; VPID
         (=> (not linear) (= m_root tags_root)))))         ; EP4TA
(define-fun kind_fits () Bool (= linear (not nested)))
(define-fun may-use () Bool
  (and kind_fits tags_fit (=> linear_side (or (= m_pcid now_pcid) global_translation))))
(define-fun may-make () Bool
  (and kind_fits tags_fit (=> linear_side (= m_pcid now_pcid))
       (=> global (and linear_side pge (not table)))
       (not (and combined table (not paging)))))

; ---- Operations.  SDM 4.10.4.1 and APM 5.5.3 for the current VPID or ASID ----
(define-fun here () Bool (and linear_side (= m_space now_space)))
(define-fun own () Bool (= m_pcid now_pcid))
(define-fun serves () Bool (or own global_translation))    ; would be used under the current PCID
(define-fun bit ((v (_ BitVec 64)) (n (_ BitVec 64))) (_ BitVec 1) ((_ extract 0 0) (bvlshr v n)))
(define-fun rises ((n (_ BitVec 64))) Bool (and (= (bit before n) #b0) (= (bit after n) #b1)))
(define-fun falls ((n (_ BitVec 64))) Bool (and (= (bit before n) #b1) (= (bit after n) #b0)))
(define-fun turns ((n (_ BitVec 64))) Bool (distinct (bit before n) (bit after n)))

(define-fun invlpg () Bool
  (and here
    (ite table
      (and own (or (not amd) (not tce) meets))
      (and meets serves))))
(define-fun invpcid () Bool
  (and here
    (or (= type #x02)
        (and (not global_translation)
             (or (= type #x03)
                 (and (= m_pcid pcid) (or (= type #x01) (and (= type #x00) meets))))))))
(define-fun mov-cr3 () Bool
  (and here (not global_translation) (not (and pcide no_flush)) (= m_pcid (ite pcide pcid #x0000))))
(define-fun task-switch () Bool
  (and here (not global_translation) (distinct before after) (= m_pcid #x0000)))
(define-fun mov-cr0 () Bool (and here (or (falls #x000000000000001f) (and amd (rises #x000000000000001f)))))
(define-fun mov-cr4 () Bool
  (and here
    (ite amd
      (or (turns #x0000000000000004) (turns #x0000000000000005) (turns #x0000000000000007)   ; PSE, PAE, PGE
          (falls #x0000000000000011) (rises #x0000000000000016))                              ; PCIDE, PKE
      (or (turns #x0000000000000007) (falls #x0000000000000011)                               ; PGE, PCIDE
          (and own (or (turns #x0000000000000005) (rises #x0000000000000014)))))))            ; PAE, SMEP
(define-fun page-fault () Bool (and here meets serves))
; SDM 28.3.3.1
(define-fun invvpid () Bool
  (and linear_side
    (ite (= type #x02) (distinct m_space #x0000)
      (and (= m_space space)
           (or (= type #x01) (and (= type #x00) meets) (and (= type #x03) (not global) (not table)))))))
(define-fun invept () Bool (and (not linear) (or (= type #x02) (and (= type #x01) (= m_root root)))))
(define-fun vmx-transition () Bool (and (not enable_vpid) linear_side (= m_space #x0000)))
(define-fun ept-violation () Bool
  (and (not linear) (= m_root tags_root)
    (ite guest_physical (m_has gpa) (and linear_valid (= m_space now_space) meets serves))))
; APM 15.16.1, 15.16.2
(define-fun invlpga () Bool (and linear_side (= m_space space) meets))
(define-fun vmrun () Bool
  (or (= type #x01)
      (and (= m_space space) (or (= type #x03) (and (= type #x07) linear_side (not global_translation))))))
(define-fun named ((n (_ BitVec 8))) Bool (= ((_ extract 0 0) (bvlshr type n)) #b1))
(define-fun invlpgb () Bool
  (and (or (not (named #x02)) (= m_space space))
    (ite guest_physical
      (and (named #x05) (not (named #x00)) (not (named #x01)))
      (and (or (not (named #x01)) (= m_pcid pcid))
           (ite table
             (and (not (named #x04)) (or meets (not (named #x00)) (not tce)))
             (and (or meets (not (named #x00))) (or (named #x03) (not global))))))))

(define-fun ends () Bool
  (or (and (= by #x00) invlpg) (and (= by #x01) invpcid) (and (= by #x02) mov-cr0) (and (= by #x03) mov-cr3)
      (and (= by #x04) mov-cr4) (and (= by #x05) task-switch) (and (= by #x06) page-fault) (= by #x07)
      (and (not amd)
        (or (and (= by #x08) invvpid) (and (= by #x09) invept) (and (= by #x0a) vmx-transition) (and (= by #x0b) ept-violation)))
      (and amd
        (or (and (= by #x0c) invlpga) (and (= by #x0d) vmrun) (and (= by #x0e) invlpgb) (= by #x0f) (= by #x10)))))
