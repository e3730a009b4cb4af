//! What code needs of this processor, where the code generator takes it for granted.

/// Whether this processor has the vectors of z14 (2017), which code for s390x is made of. The kernel says so; asking the
/// processor itself is left to the code generator, which asks for what came later.
#[cfg(target_arch = "s390x")]
pub fn is_new_enough() -> bool {
    /// `HWCAP_S390_VXRS_EXT`: vectors with enhancements, and a kernel that saves their registers.
    const VECTOR_ENHANCEMENTS: libc::c_ulong = 1 << 13;
    // SAFETY: Reads what the kernel handed to the process.
    unsafe { libc::getauxval(libc::AT_HWCAP) & VECTOR_ENHANCEMENTS != 0 }
}

/// Whether this processor has what code for its architecture takes for granted: every one has.
#[cfg(not(target_arch = "s390x"))]
pub fn is_new_enough() -> bool {
    true
}
