// The API server's own Pod Security checks, without a server.
//
// It reads pods as JSON, one a line, judges each by the level that is its first argument, and prints what the API
// server would say against it, one line a fault. Exit code 0: it has judged all; 2: it could not read one.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fail(err)
	}
	level := api.LevelVersion{Level: api.Level(os.Args[1]), Version: api.LatestVersion()}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var pod corev1.Pod
		if err := json.Unmarshal(lines.Bytes(), &pod); err != nil {
			fail(err)
		}
		for _, check := range evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
			if !check.Allowed {
				fmt.Printf("%s: %s (%s)\n", pod.Name, check.ForbiddenReason, check.ForbiddenDetail)
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
