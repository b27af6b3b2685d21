namespace Scatterlist.Verbs;

/// <summary>How far atomics reach (enum ibv_atomic_cap).</summary>
public enum AtomicCapability
{
    /// <summary>No atomics.</summary>
    None = 0,

    /// <summary>Atomic among the operations of this device.</summary>
    Device = 1,

    /// <summary>Atomic with the processor and other devices, too.</summary>
    Global = 2,
}
