using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Report;

/// <summary>
/// Rows as an array of <c>{"name", "ours", "peer", "unit", "ratio", "bar", "met"}</c>. A row with no peer has null for
/// it and for the ratio.
/// </summary>
internal static class JsonReport
{
    // The sign in "<= 1.05x" is to be read by people too.
    private static readonly JsonWriterOptions Indented =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(TextWriter output, IEnumerable<Row> rows)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartArray();
            foreach (Row row in rows)
                Write(json, row);
            json.WriteEndArray();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, Row row)
    {
        json.WriteStartObject();
        json.WriteString("name", row.Name);
        json.WriteNumber("ours", Math.Round(row.Ours, 6));
        WriteOptional(json, "peer", row.Peer);
        json.WriteString("unit", row.Unit.Sign());
        WriteOptional(json, "ratio", row.Ratio);
        json.WriteString("bar", row.Bar.ToString());
        json.WriteBoolean("met", row.IsMet);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, Math.Round(number, 6));
        else
            json.WriteNull(name);
    }
}
