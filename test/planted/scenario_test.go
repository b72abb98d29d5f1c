package planted

import (
	"testing"

	"redline/lab"
	"redline/lab/analysis/findings"
	"redline/lab/scenario"
)

// TestTTLStorm runs the scenario ttl-storm with profiles against the server that starts a goroutine for each expiring
// key: the explosion is found, and the function that makes it.
func TestTTLStorm(t *testing.T) {
	skipUnlessAlone(t)
	storm, err := scenario.Find("ttl-storm")
	if err != nil {
		t.Fatal(err)
	}
	faults := map[string]string{"goroutine-per-key": "main.(*server).removeLater"}
	if *cleanRuns > 0 {
		faults[""] = ""
	}
	for fault, want := range faults {
		t.Run(fault, func(t *testing.T) {
			result, err := storm.Run(t.Context(), scenario.Options{
				Spec: lab.Spec{Version: "test", Out: t.TempDir(), Target: start(t, build(t), fault), Profiles: true, KeepKeys: true},
				Set:  map[string]string{"keys": "20k", "rate": "500"},
			})
			if err != nil {
				t.Fatal(err)
			}
			found, err := findings.Write(result.RunDir)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("verdict %s, found%s", result.Verdict, list(found))
			for _, f := range found {
				if f.ID == "goroutine-growth" {
					if f.Subject != want {
						t.Errorf("goroutine growth is blamed on %q, want %q", f.Subject, want)
					}
					return
				}
			}
			if want != "" {
				t.Error("goroutine growth was not found")
			}
		})
	}
}
