using System.Diagnostics;

namespace Scatterlist.Testing;

/// <summary>
/// A NIC under the system's own libibverbs for programs that the tests start: a driver compiled while the tests run, and
/// a tree of files in the place of sysfs. It needs no hardware, no rights and no RDMA in the kernel.
/// </summary>
/// <remarks>
/// The device is <c>fake0</c>: one active port, the RoCE v2 GID 10.0.0.1, 4096 bytes of device memory, at most 100
/// bytes inline. Its queue pairs reach each other inside of one process.
/// </remarks>
public sealed class FakeNic : IDisposable
{
    /// <summary>The variable by which a program can find the driver's library.</summary>
    public const string LibraryVariable = "SCATTERLIST_FAKE_NIC";

    /// <summary>The variable that takes ibv_wr_* away from the device, when it is set.</summary>
    public const string PlainVariable = "FAKENIC_PLAIN";

    private const string Port = "class/infiniband/fake0/ports/1";
    private static readonly Lazy<string> Source = new(ReadSource);

    private readonly TempDirectory _folder = new();

    /// <summary>Makes the driver and the tree. Skips the test where gcc, libibverbs or its headers lack.</summary>
    public FakeNic()
    {
        Assert.SkipUnless(
            File.Exists("/usr/include/infiniband/verbs.h"),
            "libibverbs or its headers are not installed: apt-get install libibverbs-dev");
        string? refusal = CProgram.TryCompile(
            Source.Value, out CProgram? driver, "-shared", "-fPIC", "-Wl,-z,defs", "-libverbs", "-ldl", "-pthread");
        Assert.SkipWhen(
            refusal?.Contains("undefined reference to `verbs_register_driver_34'", StringComparison.Ordinal) == true,
            "This libibverbs has another private interface than PABI 34, for which the test's driver is");
        Assert.True(refusal is null, refusal);
        Library = _folder["libfakenic-rdmav34.so"];
        File.Copy(driver!.Path, Library);
        Put("class/infiniband_verbs/abi_version", "6");
        Put("class/infiniband_verbs/uverbs0/dev", "1:3"); // /dev/null, which the driver opens instead
        Put("class/infiniband_verbs/uverbs0/ibdev", "fake0");
        Put("class/infiniband_verbs/uverbs0/abi_version", "1");
        Put("class/infiniband/fake0/node_type", "1: CA");
        Put("class/infiniband/fake0/node_guid", "0102:0304:0506:0708");
        Put($"{Port}/gids/0", "0000:0000:0000:0000:0000:ffff:0a00:0001");
        Put($"{Port}/gids/1", "0000:0000:0000:0000:0000:0000:0000:0000");
        Put($"{Port}/gid_attrs/types/0", "RoCE v2");
        Put($"{Port}/gid_attrs/types/1", "RoCE v2"); // of an empty place as well: libibverbs reads it
        Put($"{Port}/gid_attrs/ndevs/0", "lo");
        Put($"{Port}/pkeys/0", "0xffff");
        Put($"{Port}/state", "4: ACTIVE");
        Put($"{Port}/link_layer", "Ethernet");
    }

    /// <summary>The driver's library.</summary>
    public string Library { get; }

    /// <summary>The root of the tree in the place of sysfs.</summary>
    public string SysFs => _folder["sys"];

    /// <summary>Sets what a program needs to see the device.</summary>
    public void Give(ProcessStartInfo start)
    {
        ArgumentNullException.ThrowIfNull(start);
        start.Environment["SYSFS_PATH"] = SysFs;
        start.Environment["IBV_DRIVERS"] = Library[..^"-rdmav34.so".Length];
        start.Environment["LD_PRELOAD"] = Library;
        start.Environment[LibraryVariable] = Library;
    }

    /// <summary>Writes a file of the tree.</summary>
    /// <param name="path">Its place below <see cref="SysFs"/>.</param>
    /// <param name="text">Its line.</param>
    public void Put(string path, string text)
    {
        string file = Path.Combine(SysFs, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }

    /// <summary>Removes the driver and the tree.</summary>
    public void Dispose() => _folder.Dispose();

    private static string ReadSource()
    {
        using Stream text = typeof(FakeNic).Assembly.GetManifestResourceStream("fakenic.c")!;
        using var reader = new StreamReader(text);
        return reader.ReadToEnd();
    }
}
