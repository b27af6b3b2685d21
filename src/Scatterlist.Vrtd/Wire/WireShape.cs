namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// A generation of the wire. Fields were inserted in the middle of bodies between them, so a body is only readable
/// when its shape is known (wire specification, section 13.1).
/// </summary>
internal enum WireShape : byte
{
    /// <summary>Release 1.0.0.</summary>
    V1 = 1,

    /// <summary>The first intermediate snapshots: memory channel in queue pairs and buffers.</summary>
    MidA = 2,

    /// <summary>The later ones: aperture size in queue pairs, configuration memory jobs.</summary>
    MidB = 3,

    /// <summary>Version 2: shell type, design write and hotplug grown by a byte.</summary>
    V2 = 4,
}
