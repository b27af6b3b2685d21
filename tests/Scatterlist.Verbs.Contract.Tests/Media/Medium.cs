namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>What lies between the two sides of a test.</summary>
public enum Medium
{
    /// <summary>Two soft NICs of this process, by the path without packets.</summary>
    InProcessSameHost,

    /// <summary>Two soft NICs of this process, by UDP.</summary>
    InProcessUdp,

    /// <summary>Two processes, by the path without packets.</summary>
    ProcessesSameHost,

    /// <summary>Two processes, by UDP.</summary>
    ProcessesUdp,

    /// <summary>Two processes, by UDP that loses, doubles, reorders and damages packets.</summary>
    ProcessesUdpLossy,

    /// <summary>The device that the environment names, both ends in this process.</summary>
    NamedDevice,

    /// <summary>The device that the environment names, in two processes.</summary>
    NamedDeviceProcesses,
}
