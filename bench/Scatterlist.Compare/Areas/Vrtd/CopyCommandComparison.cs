using System.Diagnostics;
using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Vrtd;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>
/// <c>sgl cp FILE vrtd:0@PHYS</c> to an emulator in a process of its own, against <c>cp</c> onto a tmpfs: whole
/// processes from start to end. The file is in the page cache, and the destination's pages are fresh for both each time.
/// </summary>
internal sealed class CopyCommandComparison(VrtdPeer peer, Pace pace) : Comparison
{
    private const ulong PhysicalAddress = 0x40_0000_0000;
    private const string TmpFs = "/dev/shm";
    private const int Piece = 1 << 20;

    private readonly ulong _size = pace.IsQuick ? 16ul << 20 : 1ul << 30;
    private DirectoryInfo? _directory;
    private DirectoryInfo? _tmpfsDirectory;
    private string _file = "", _socket = "", _copy = "";
    private SglProgram? _sgl;
    private WholeProcess? _emulator;
    private Session? _session;
    private DeviceBuffer? _destination;

    public override string Name => "sgl cp of a 1 GiB file to the device, against cp onto tmpfs";

    public override Unit Unit => Unit.GigabytesPerSecond;

    public override Threshold Bar => Threshold.AtLeastRatio(0.8);

    public override ulong BytesPerOperation => _size;

    public override IReadOnlyList<PeerWay> PeerWays => [new PeerWay("cp", _ => WholeProcess.Run("cp", _file, _copy))];

    public override int? FixedOperations => 1;

    public override int FewestRounds => Pace.FewestRounds;

    public override bool IsDataPath => false;

    public override bool IsOneThread => false;

    public override void Prepare()
    {
        if (!Directory.Exists(TmpFs))
            throw new CannotMeasureException($"There is no {TmpFs}, onto which cp would copy.");
        _sgl = SglProgram.Build(pace);
        _directory = Directory.CreateTempSubdirectory("scatterlist-compare-");
        _tmpfsDirectory = Directory.CreateDirectory(Path.Combine(TmpFs, _directory.Name));
        _file = Path.Combine(_directory.FullName, "file");
        _socket = Path.Combine(_directory.FullName, "vrtd.sock");
        _copy = Path.Combine(_tmpfsDirectory.FullName, "copy");
        WriteFile();
        _emulator = _sgl.Start("vrtd", "emulate", "--socket", _socket);
        _session = Connect();
        _destination = _session.GetDevice(0).OpenRawBuffer(new DeviceAddress(PhysicalAddress), _size);
        RunOurs(1);
        CompareWithDevice();
    }

    public override void RunOurs(int operations) =>
        _sgl!.Run("cp", _file, $"vrtd:0@0x{PhysicalAddress:x}", "--socket", _socket);

    public override void BeforeTurn()
    {
        File.Delete(_copy);
        peer.PunchHole(_destination!.Descriptor.Value, PhysicalAddress, _size);
    }

    public override void Dispose()
    {
        _destination?.Dispose();
        _session?.Dispose();
        _emulator?.Dispose();
        _tmpfsDirectory?.Delete(recursive: true);
        _directory?.Delete(recursive: true);
    }

    // Written back at once, so that no write-back runs beside the copies; the pages stay in the cache.
    private void WriteFile()
    {
        byte[] piece = new byte[Piece];
        var random = new Random(1);
        using FileStream file = File.Create(_file, bufferSize: 0);
        for (ulong done = 0; done < _size; done += Piece)
        {
            random.NextBytes(piece);
            file.Write(piece);
        }

        file.Flush(flushToDisk: true);
    }

    private Session Connect()
    {
        for (var clock = Stopwatch.StartNew(); ; Thread.Sleep(10))
        {
            if (_emulator!.HasExited)
                throw _emulator.Failed();
            try
            {
                return Session.Connect(_socket);
            }
            catch (ScatterlistException) when (clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                // It is not listening yet.
            }
        }
    }

    private void CompareWithDevice()
    {
        byte[] ours = new byte[Piece], theirs = new byte[Piece];
        using FileStream file = File.OpenRead(_file);
        for (ulong offset = 0; offset < _size; offset += Piece)
        {
            file.ReadExactly(theirs);
            _destination!.Read(offset, ours);
            if (!ours.AsSpan().SequenceEqual(theirs))
                throw new CannotMeasureException($"sgl cp brought other bytes than the file's, from offset {offset} on.");
        }
    }
}
