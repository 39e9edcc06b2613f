// An operator as people write them with controller-runtime: a kind with two versions, webhooks, and a reconciler.
package main

import (
	"flag"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
)

func main() {
	metrics := flag.String("metrics", "", "address of the metrics")
	health := flag.String("health", "", "address of the probes")
	port := flag.Int("webhook-port", 0, "port of the webhooks; 0 serves none")
	certificates := flag.String("certificates", "", "directory of tls.crt and tls.key")
	flag.Parse()
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(*metrics, *health, *port, *certificates); err != nil {
		ctrl.Log.Error(err, "the operator ends")
		os.Exit(1)
	}
}

func run(metrics, health string, port int, certificates string) error {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(addToScheme(scheme))
	lease, renew, retry := 3*time.Second, 2*time.Second, 500*time.Millisecond
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme: scheme,
		Metrics: server.Options{
			BindAddress:    metrics,
			SecureServing:  true,
			CertDir:        certificates,
			FilterProvider: filters.WithAuthenticationAndAuthorization,
		},
		HealthProbeBindAddress:        health,
		LeaderElection:                true,
		LeaderElectionID:              "ships." + group,
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &lease,
		RenewDeadline:                 &renew,
		RetryPeriod:                   &retry,
		WebhookServer:                 webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certificates}),
	})
	if err != nil {
		return err
	}
	reconciler := &shipReconciler{Client: mgr.GetClient(), events: mgr.GetEventRecorder(owner)}
	if err := reconciler.setup(mgr); err != nil {
		return err
	}
	if port != 0 {
		if err := ctrl.NewWebhookManagedBy(mgr, &Ship{}).WithDefaulter(shipDefaults{}).WithValidator(shipRules{}).Complete(); err != nil {
			return err
		}
		if err := mgr.AddReadyzCheck("webhooks", mgr.GetWebhookServer().StartedChecker()); err != nil {
			return err
		}
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	// A second recorder of the older form of events, as many operators still have.
	mgr.GetEventRecorderFor(owner).Event(&corev1.Namespace{
		TypeMeta: namespaceType, ObjectMeta: defaultNamespace,
	}, corev1.EventTypeNormal, "Started", "the operator is there")
	return mgr.Start(ctrl.SetupSignalHandler())
}

var (
	namespaceType    = metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}
	defaultNamespace = metav1.ObjectMeta{Name: "default", Namespace: "default"}
)
