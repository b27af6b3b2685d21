using Microsoft.Extensions.Logging;
using Scatterlist.Diagnostics;

namespace Scatterlist.Opae.SoftAccelerator.Tests;

/// <summary>What is logged, and what Quiet keeps quiet.</summary>
public sealed class LogTests
{
    [Fact]
    public void Refused_buffers_are_logged_unless_the_caller_expects_it()
    {
        using var log = new Recorder();
        using var emulated = new EmulatedAccelerator(new EmulatedAcceleratorOptions { LoggerFactory = log });
        using Accelerator accelerator = emulated.Open();
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        var missing = new Block(memory.FaultAddress, 4096);
        Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(missing, BufferFlags.Quiet));
        Assert.Empty(log.Lines);
        Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(missing));
        string line = Assert.Single(log.Lines);
        Assert.StartsWith(ScatterlistDiagnostics.OpaeLogCategory + ": ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_are_logged_and_told()
    {
        using var log = new Recorder();
        List<DmaFault> told = [];
        using var emulated = new EmulatedAccelerator(
            new EmulatedAcceleratorOptions { LoggerFactory = log, OnFault = told.Add });
        using Accelerator accelerator = emulated.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        exerciser.Start(LoopbackMode.Read, new IoAddress(0x40000000), default, 128);
        exerciser.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(Assert.Single(emulated.Faults), Assert.Single(told));
        Assert.Contains("Read fault at 0x40000000: NotMapped (range 0x40000000+128)", Assert.Single(log.Lines),
            StringComparison.Ordinal);
    }

    private sealed class Recorder : ILoggerFactory, ILogger
    {
        private readonly List<string> _lines = [];
        private string _category = "";

        internal string[] Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public ILogger CreateLogger(string categoryName)
        {
            _category = categoryName;
            return this;
        }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add($"{_category}: {formatter(state, exception)}");
        }
    }
}
