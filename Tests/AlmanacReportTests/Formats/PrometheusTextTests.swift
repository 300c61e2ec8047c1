import AlmanacReport
import Testing

@Suite struct `Gauges for Prometheus` {
  @Test func `have a head and a line for each sample, with labels that end nowhere early`() {
    var gauges = PrometheusText()
    gauges.add("a_bytes", "The size.", 12)
    gauges.add(
      "b_seconds", "A back\\slash,\na line.",
      [
        ([("app", "\"quoted\" \\ and\nmore"), ("grain", "day")], 0.25),
        ([("app", "客服"), ("grain", "day")], 1_781_058_600),
      ])
    gauges.add("c", "Nothing is known of it.", nil)
    #expect(
      gauges.text == """
        # HELP a_bytes The size.
        # TYPE a_bytes gauge
        a_bytes 12
        # HELP b_seconds A back\\\\slash,\\na line.
        # TYPE b_seconds gauge
        b_seconds{app="\\"quoted\\" \\\\ and\\nmore",grain="day"} 0.25
        b_seconds{app="客服",grain="day"} 1781058600

        """)
    #expect(PrometheusText(reading: gauges.text).text == gauges.text)
  }

  @Test func `are filled up from older ones, where nothing newer was said`() {
    var (old, new) = (PrometheusText(), PrometheusText())
    for name in ["a", "b", "c"] { old.add(name, "Old.", 1) }
    new.add("b", "New.", 2)
    new.add("c", "New.", nil)
    #expect(
      new.filled(from: PrometheusText(reading: old.text)).text
        == "# HELP b New.\n# TYPE b gauge\nb 2\n# HELP a Old.\n# TYPE a gauge\na 1\n")
    #expect(PrometheusText(reading: "nonsense\n# TYPE x gauge\n").text.isEmpty)
  }
}
