//! Lectern is built for x86-64-v3. On a CPU that lacks it, it says so instead of dying of an illegal instruction.

/// What of x86-64-v3 this CPU lacks; empty where it will do, and on other architectures.
#[cfg(target_arch = "x86_64")]
pub fn missing() -> Vec<&'static str> {
    // The standard library's test would be answered at compile time, from the baseline itself.
    let cpu = raw_cpuid::CpuId::new();
    let (basic, extended) = (cpu.get_feature_info(), cpu.get_extended_feature_info());
    let leaf = cpu.get_extended_processor_and_feature_identifiers();
    [
        ("AVX2", extended.as_ref().is_some_and(raw_cpuid::ExtendedFeatures::has_avx2)),
        ("BMI2", extended.as_ref().is_some_and(raw_cpuid::ExtendedFeatures::has_bmi2)),
        ("FMA", basic.as_ref().is_some_and(raw_cpuid::FeatureInfo::has_fma)),
        ("F16C", basic.as_ref().is_some_and(raw_cpuid::FeatureInfo::has_f16c)),
        ("MOVBE", basic.as_ref().is_some_and(raw_cpuid::FeatureInfo::has_movbe)),
        ("LZCNT", leaf.as_ref().is_some_and(raw_cpuid::ExtendedProcessorFeatureIdentifiers::has_lzcnt)),
    ]
    .into_iter()
    .filter_map(|(name, present)| (!present).then_some(name))
    .collect()
}

/// What of the baseline this CPU lacks.
#[cfg(not(target_arch = "x86_64"))]
pub fn missing() -> Vec<&'static str> {
    Vec::new()
}

/// The message for a CPU that lacks something; `None` where it will do.
pub fn complaint() -> Option<String> {
    let missing = missing();
    (!missing.is_empty()).then(|| {
        format!(
            "lectern: this computer's processor lacks {}. Lectern is built for processors with AVX2 (x86-64-v3: most \
             since 2015). Build it for this machine: RUSTFLAGS=\"-C target-cpu=native\" cargo build --release",
            missing.join(", ")
        )
    })
}
