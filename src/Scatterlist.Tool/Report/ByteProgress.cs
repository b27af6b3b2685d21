using Spectre.Console;

namespace Scatterlist.Tool.Report;

/// <summary>A progress bar on stderr that counts bytes; silent where stderr is no terminal.</summary>
internal static class ByteProgress
{
    /// <summary>Runs <paramref name="work"/> with something to report bytes to.</summary>
    internal static T Run<T>(Terminal terminal, string title, ulong? total, Func<IProgress<ulong>, T> work)
    {
        if (!Terminal.ShowsProgress || terminal.IsJson)
            return work(new Counter());
        var counter = new Counter();
        T result = default!;
        ProgressColumn[] columns = total is null
            ? [new TaskDescriptionColumn(), new SpinnerColumn(), new DownloadedColumn(), new TransferSpeedColumn()]
            : [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(),
                new RemainingTimeColumn()];
        terminal.Error.Progress().AutoClear(true).HideCompleted(true).Columns(columns).Start(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: total ?? double.MaxValue);
            if (total is null)
                task.IsIndeterminate = true;

            // The copying threads only store a number; drawing is done here, ten times a second.
            using var timer = new Timer(_ => task.Value = counter.Value, null, 100, 100);
            result = work(counter);
            task.Value = counter.Value;
        });
        return result;
    }

    private sealed class Counter : IProgress<ulong>
    {
        private ulong _value;

        internal ulong Value => Volatile.Read(ref _value);

        public void Report(ulong value) => Volatile.Write(ref _value, value);
    }
}
