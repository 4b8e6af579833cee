//! Which vector instructions are used: chosen when the program runs, not when it is built.

/// An instruction set that this processor has: there is no other way to get one than to ask the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Isa(Level);

/// The sets that kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Plain Rust, for any processor.
    Portable,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, BW and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// The same with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Isa {
    /// All that this processor has, best first.
    pub(crate) fn available() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            if avx512 && is_x86_feature_detected!("avx512vnni") {
                all.push(Self(Level::Avx512Vnni));
            }
            if avx512 {
                all.push(Self(Level::Avx512));
            }
            if avx2 {
                all.push(Self(Level::Avx2));
            }
        }
        all.push(Self(Level::Portable));
        all
    }

    /// The best that this processor has.
    pub(crate) fn best() -> Self {
        Self::available().first().copied().unwrap_or(Self(Level::Portable))
    }

    /// 32-bit lanes of a vector.
    pub(super) const fn lanes(self) -> usize {
        match self.0 {
            Level::Portable => 8,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => 8,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Avx512Vnni => 16,
        }
    }

    /// Which one it is.
    pub(super) const fn level(self) -> Level {
        self.0
    }
}

/// Defines `$name`, which calls the generic `$generic` compiled for the instruction set in its first argument.
macro_rules! for_each_isa {
    ($(#[$doc:meta])* fn $name:ident = $generic:ident($($arg:ident: $type:ty),* $(,)?)) => {
        $(#[$doc])*
        unsafe fn $name(isa: Isa, $($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            unsafe fn avx2($($arg: $type),*) {
                // SAFETY: the caller's promise about the arguments; the instructions are enabled here.
                unsafe { $generic::<super::avx2::Avx2>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl")]
            unsafe fn avx512($($arg: $type),*) {
                // SAFETY: as above.
                unsafe { $generic::<super::avx512::Avx512<false>>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
            unsafe fn vnni($($arg: $type),*) {
                // SAFETY: as above.
                unsafe { $generic::<super::avx512::Avx512<true>>($($arg),*) }
            }
            // SAFETY: an `Isa` exists only where the processor has its instructions; for the arguments the caller
            // has promised what `$generic` asks for.
            unsafe {
                match isa.level() {
                    super::isa::Level::Portable => $generic::<super::portable::Portable>($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    super::isa::Level::Avx2 => avx2($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    super::isa::Level::Avx512 => avx512($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    super::isa::Level::Avx512Vnni => vnni($($arg),*),
                }
            }
        }
    };
}
pub(super) use for_each_isa;
