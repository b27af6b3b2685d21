using System.Runtime.InteropServices;

namespace Scatterlist.Opae.Tests;

/// <summary>The library of FakeOpae.c, compiled and loaded, and what it says of itself.</summary>
internal sealed unsafe class FakeOpae
{
    private readonly nint _library;

    internal FakeOpae(FpgaInterface kind)
    {
        using Stream text = typeof(FakeOpae).Assembly.GetManifestResourceStream("FakeOpae.c")!;
        using var reader = new StreamReader(text);
        Path = CProgram.CompileLibrary(reader.ReadToEnd(), "-Wall", "-Wextra", "-Werror").Path;
        _library = NativeLibrary.Load(Path);
        ((delegate* unmanaged<int, void>)Find("fake_reset"))((int)kind);
    }

    internal string Path { get; }

    internal int LiveTokens => Ask("fake_live_tokens");

    internal int LiveEvents => Ask("fake_live_events");

    internal int LiveBuffers => Ask("fake_live_buffers");

    internal int Prepared => Ask("fake_prepared");

    internal int Resets => Ask("fake_resets");

    internal bool IsOpen => Ask("fake_is_open") != 0;

    internal void Fire() => ((delegate* unmanaged<void>)Find("fake_fire"))();

    internal void Refuse(FpgaResult result) => Tell("fake_refuse", result);

    internal void AnswerProbe(FpgaResult result) => Tell("fake_answer_probe", result);

    internal void RefuseAddress(FpgaResult result) => Tell("fake_refuse_address", result);

    internal void RefuseRelease(FpgaResult result) => Tell("fake_refuse_release", result);

    private void Tell(string function, FpgaResult result) =>
        ((delegate* unmanaged<int, void>)Find(function))((int)result);

    private int Ask(string function) => ((delegate* unmanaged<int>)Find(function))();

    private nint Find(string function) => NativeLibrary.GetExport(_library, function);
}
