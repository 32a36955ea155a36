/* SPDX-License-Identifier: BSD-2-Clause */
#include <slat/slat.h>

/** One line for a person. */
/*@ terminates \true;
    assigns \result \from status;
    ensures text: \valid_read(\result);
*/
const char *slat_status_text(enum slat_status status)
{
  switch (status) {
  case SLAT_OK:
    return "ok";
  case SLAT_INVALID_VENDOR:
    return "the vendor is neither Intel nor AMD";
  case SLAT_INVALID_STAGE2:
    return "stage 2 is none of none, EPT, NPT";
  case SLAT_INVALID_MAXPHYADDR:
    return "MAXPHYADDR is outside 32..52";
  case SLAT_INVALID_STAGE2_VENDOR:
    return "EPT needs an Intel processor, NPT an AMD one";
  case SLAT_INVALID_EPT_CAPABILITY:
    return "an EPT capability is given without EPT";
  case SLAT_INVALID_FEATURE_VENDOR:
    return "a feature that no processor of this vendor has";
  case SLAT_INVALID_CPU:
    return "no such logical processor";
  case SLAT_INVALID_REGISTER:
    return "no such register";
  case SLAT_INVALID_EVENT:
    return "the event is malformed";
  case SLAT_INVALID_ACCESS:
    return "the access is malformed: kind, width, privilege or address, or to a shadow stack with CR4.CET = 0";
  case SLAT_INVALID_CR0:
    return "CR0.PG is set without CR0.PE";
  case SLAT_INVALID_CR3:
    return "CR3 has a bit set at or above MAXPHYADDR";
  case SLAT_INVALID_EFER:
    return "EFER.LMA does not agree with EFER.LME, CR0.PG and CR4.PAE";
  case SLAT_INVALID_PCIDE:
    return "CR4.PCIDE is set without EFER.LMA";
  case SLAT_INVALID_EPTP:
    return "the EPT pointer would fail VM entry";
  case SLAT_INVALID_NCR3:
    return "the nested CR3 or the host's paging would fail VMRUN";
  case SLAT_INVALID_FEATURE_CONTROL:
    return "a control bit is set for a feature that the configuration lacks";
  case SLAT_INVALID_PROTECTION_KEYS:
    return "PKRU or IA32_PKRS has more than 32 bits";
  case SLAT_INVALID_PDPTE:
    return "a PDPTE register is present with a reserved bit: MOV to CR raises #GP, VM entry fails";
  case SLAT_INVALID_CET:
    return "CR4.CET is set with CR0.WP = 0";
  case SLAT_UNSUPPORTED_SHADOW_STACK_ADDRESS:
    return "a shadow-stack access at an address that LAM or UAI changes";
  case SLAT_UNSUPPORTED_PSE36_WIDTH:
    return "AMD, 32-bit paging with CR4.PSE needs PSE-36 and 40 address bits or more: else no source says what is "
           "reserved";
  case SLAT_UNSUPPORTED_NPT_WIDTH:
    return "a guest-physical address of more than 48 bits under 4-level nested paging, or of more than 32 under a host "
           "in "
           "32-bit or PAE paging";
  case SLAT_UNSUPPORTED_PAGE_CROSSING:
    return "an access that crosses a 4 KB boundary";
  case SLAT_UNSUPPORTED_PML_LOAD:
    return "a load of the PDPTE registers through EPT with a full page-modification log";
  case SLAT_UNSUPPORTED_VE:
    return "EPT-violation #VE (secondary control 18)";
  case SLAT_UNSUPPORTED_MBEC:
    return "mode-based execute control for EPT (secondary control 22)";
  case SLAT_UNSUPPORTED_SPP:
    return "sub-page write permissions for EPT (secondary control 23)";
  case SLAT_UNSUPPORTED_HLAT:
    return "HLAT paging (tertiary control 1)";
  case SLAT_UNSUPPORTED_PAGING_WRITE:
    return "EPT paging-write control (tertiary control 2)";
  case SLAT_UNSUPPORTED_PAGING_VERIFICATION:
    return "guest-paging verification (tertiary control 3)";
  case SLAT_UNSUPPORTED_SEV:
    return "a guest with encrypted memory (VMCB 90H bit 1 or 2)";
  case SLAT_UNSUPPORTED_GMET:
    return "guest mode execute trap (VMCB 90H bit 3)";
  case SLAT_UNSUPPORTED_NPT_SHADOW_STACK:
    return "supervisor shadow stacks of nested paging (VMCB 90H bit 4)";
  case SLAT_UNSUPPORTED_ROGPT:
    return "read-only guest page tables (VMCB 90H bit 6)";
  case SLAT_UNSUPPORTED_NPT_PML:
    return "page-modification logging under nested paging (VMCB 90H bit 11)";
  case SLAT_STATUS_COUNT:
  default:
    return "unknown status";
  }
}
