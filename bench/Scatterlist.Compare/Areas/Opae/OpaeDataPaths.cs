using Scatterlist.Compare.Harness;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>Register accesses, runs and events, of which none may allocate.</summary>
internal sealed class OpaeDataPaths : IDisposable
{
    private const int Size = 4096;

    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<IDisposable> _owned = [];

    public OpaeDataPaths(Accelerator inProcess, Accelerator overSocket)
    {
        All =
        [
            new("registers in process", Registers(inProcess)),
            new("registers over vfio-user", Registers(overSocket)),
            new("runs and their ends in process", Runs(inProcess)),
            new("runs and their ends over vfio-user", Runs(overSocket)),
            new("runs and their events in process", Events(inProcess)),
            new("runs and their events over vfio-user", Events(overSocket)),
        ];
    }

    public IReadOnlyList<DataPath> All { get; }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
    }

    internal static void Check(LoopbackResult result)
    {
        if (!result.IsSuccess)
            throw new InvalidOperationException($"The accelerator reports the errors 0x{result.Errors:x}.");
    }

    private static Action<int> Registers(Accelerator accelerator) => operations =>
    {
        for (int i = 0; i < operations; i++)
        {
            accelerator.Write64(0, 0x100, (ulong)i);
            accelerator.Write32(0, 0x108, (uint)i);
            if (accelerator.Read64(0, 0x100) != (ulong)i || accelerator.Read32(0, 0x108) != (uint)i)
                throw new InvalidOperationException("A register does not keep what was written.");
        }
    };

    private Action<int> Runs(Accelerator accelerator)
    {
        LoopbackExerciser exerciser = Own(LoopbackExerciser.Create(accelerator));
        SharedBuffer source = Own(accelerator.PrepareBuffer(Size));
        SharedBuffer destination = Own(accelerator.PrepareBuffer(Size));
        return operations =>
        {
            for (int i = 0; i < operations; i++)
                Check(exerciser.Copy(destination, source, Size, Patience));
        };
    }

    private Action<int> Events(Accelerator accelerator)
    {
        LoopbackExerciser exerciser = Own(LoopbackExerciser.Create(accelerator));
        SharedBuffer buffer = Own(accelerator.PrepareBuffer(Size));
        AcceleratorEvent ended = Own(accelerator.RegisterEvent());
        return operations =>
        {
            for (int i = 0; i < operations; i++)
            {
                exerciser.Start(LoopbackMode.Read, buffer.IoAddress, default, Size, interruptVector: 0);
                if (ended.Wait(Patience) != 1 || !exerciser.TryGetResult(out LoopbackResult result))
                    throw new InvalidOperationException("The event did not come.");
                Check(result);
            }
        };
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
