/** Where Kubernetes v1.36's own roles are other than the facts these tables are made from, and what its gates add to them. */
export const rbacCorrections: {
  readonly rules: Readonly<Record<string, readonly object[]>>
  readonly gatedOffByDefault: readonly object[]
} = {
  rules: {
    'system::leader-locking-kube-controller-manager': [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leasecandidates'],
        verbs: ['create', 'get', 'list', 'update', 'watch'],
      },
    ],
    'system::leader-locking-kube-scheduler': [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leasecandidates'],
        verbs: ['create', 'get', 'list', 'update', 'watch'],
      },
    ],
    'system:aggregate-to-edit': [
      {
        apiGroups: [''],
        resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['serviceaccounts'],
        verbs: ['impersonate'],
      },
      {
        apiGroups: [''],
        resources: ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['pods/eviction'],
        verbs: ['create'],
      },
      {
        apiGroups: [''],
        resources: [
          'configmaps',
          'persistentvolumeclaims',
          'replicationcontrollers',
          'replicationcontrollers/scale',
          'secrets',
          'serviceaccounts',
          'services',
          'services/proxy',
        ],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['serviceaccounts/token'],
        verbs: ['create'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['apps'],
        resources: [
          'daemonsets',
          'deployments',
          'deployments/rollback',
          'deployments/scale',
          'replicasets',
          'replicasets/scale',
          'statefulsets',
          'statefulsets/scale',
        ],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['autoscaling'],
        resources: ['horizontalpodautoscalers'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['batch'],
        resources: ['cronjobs', 'jobs'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['extensions'],
        resources: [
          'daemonsets',
          'deployments',
          'deployments/rollback',
          'deployments/scale',
          'ingresses',
          'networkpolicies',
          'replicasets',
          'replicasets/scale',
          'replicationcontrollers/scale',
        ],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['policy'],
        resources: ['poddisruptionbudgets'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['networking.k8s.io'],
        resources: ['ingresses', 'networkpolicies'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      },
      {
        apiGroups: ['resource.k8s.io'],
        resources: ['resourceclaims', 'resourceclaimtemplates'],
        verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
      },
    ],
    'system:aggregate-to-view': [
      {
        apiGroups: [''],
        resources: [
          'configmaps',
          'endpoints',
          'persistentvolumeclaims',
          'persistentvolumeclaims/status',
          'pods',
          'replicationcontrollers',
          'replicationcontrollers/scale',
          'serviceaccounts',
          'services',
          'services/status',
        ],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: [
          'bindings',
          'limitranges',
          'namespaces/status',
          'pods/log',
          'pods/status',
          'replicationcontrollers/status',
          'resourcequotas',
          'resourcequotas/status',
        ],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['namespaces'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['apps'],
        resources: [
          'controllerrevisions',
          'daemonsets',
          'daemonsets/status',
          'deployments',
          'deployments/scale',
          'deployments/status',
          'replicasets',
          'replicasets/scale',
          'replicasets/status',
          'statefulsets',
          'statefulsets/scale',
          'statefulsets/status',
        ],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['autoscaling'],
        resources: ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['batch'],
        resources: ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['extensions'],
        resources: [
          'daemonsets',
          'daemonsets/status',
          'deployments',
          'deployments/scale',
          'deployments/status',
          'ingresses',
          'ingresses/status',
          'networkpolicies',
          'replicasets',
          'replicasets/scale',
          'replicasets/status',
          'replicationcontrollers/scale',
        ],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['policy'],
        resources: ['poddisruptionbudgets', 'poddisruptionbudgets/status'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['networking.k8s.io'],
        resources: ['ingresses', 'ingresses/status', 'networkpolicies'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['resource.k8s.io'],
        resources: ['resourceclaims', 'resourceclaims/status', 'resourceclaimtemplates'],
        verbs: ['get', 'list', 'watch'],
      },
    ],
    'system:node': [
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['tokenreviews'],
        verbs: ['create'],
      },
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['localsubjectaccessreviews', 'subjectaccessreviews'],
        verbs: ['create'],
      },
      {
        apiGroups: [''],
        resources: ['services'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['nodes'],
        verbs: ['create', 'get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['nodes/status'],
        verbs: ['patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['nodes'],
        verbs: ['patch', 'update'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['create', 'delete'],
      },
      {
        apiGroups: [''],
        resources: ['pods/status'],
        verbs: ['patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['pods/eviction'],
        verbs: ['create'],
      },
      {
        apiGroups: [''],
        resources: ['configmaps', 'secrets'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims', 'persistentvolumes'],
        verbs: ['get'],
      },
      {
        apiGroups: [''],
        resources: ['endpoints'],
        verbs: ['get'],
      },
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        verbs: ['create', 'get', 'list', 'watch'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      },
      {
        apiGroups: ['storage.k8s.io'],
        resources: ['volumeattachments'],
        verbs: ['get'],
      },
      {
        apiGroups: [''],
        resources: ['serviceaccounts/token'],
        verbs: ['create'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims/status'],
        verbs: ['get', 'patch', 'update'],
      },
      {
        apiGroups: ['storage.k8s.io'],
        resources: ['csidrivers'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['storage.k8s.io'],
        resources: ['csinodes'],
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      },
      {
        apiGroups: ['node.k8s.io'],
        resources: ['runtimeclasses'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['resource.k8s.io'],
        resources: ['resourceclaims'],
        verbs: ['get'],
      },
      {
        apiGroups: ['resource.k8s.io'],
        resources: ['resourceslices'],
        verbs: ['deletecollection'],
      },
      {
        apiGroups: [''],
        resources: ['serviceaccounts'],
        verbs: ['get'],
      },
    ],
    'system:controller:expand-controller': [
      {
        apiGroups: [''],
        resources: ['persistentvolumes'],
        verbs: ['get', 'list', 'patch', 'update', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims/status'],
        verbs: ['patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'patch', 'update'],
      },
    ],
    'system:controller:persistent-volume-binder': [
      {
        apiGroups: [''],
        resources: ['persistentvolumes'],
        verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumes/status'],
        verbs: ['update'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims'],
        verbs: ['get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims/status'],
        verbs: ['update'],
      },
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['create', 'delete', 'get', 'list', 'watch'],
      },
      {
        apiGroups: ['storage.k8s.io'],
        resources: ['storageclasses'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['nodes'],
        verbs: ['list', 'watch'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'patch', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['events'],
        verbs: ['watch'],
      },
    ],
    'system:controller:statefulset-controller': [
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['list', 'watch'],
      },
      {
        apiGroups: ['apps'],
        resources: ['statefulsets'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['apps'],
        resources: ['statefulsets/status'],
        verbs: ['update'],
      },
      {
        apiGroups: ['apps'],
        resources: ['statefulsets/finalizers'],
        verbs: ['update'],
      },
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      },
      {
        apiGroups: ['apps'],
        resources: ['controllerrevisions'],
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims'],
        verbs: ['create', 'get', 'list', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims'],
        verbs: ['delete', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['pods/finalizers'],
        verbs: ['update'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'patch', 'update'],
      },
    ],
    'system:controller:pvc-protection-controller': [
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims'],
        verbs: ['get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: [''],
        resources: ['persistentvolumeclaims/status'],
        verbs: ['update'],
      },
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['events'],
        verbs: ['create', 'patch', 'update'],
      },
    ],
  },
  gatedOffByDefault: [
    {
      gate: 'ClusterTrustBundle',
      default: false,
      adds: {
        'system:node': [
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['clustertrustbundles'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      },
      roles: [
        {
          name: 'system:cluster-trust-bundle-discovery',
          rules: [
            {
              apiGroups: ['certificates.k8s.io'],
              resources: ['clustertrustbundles'],
              verbs: ['get', 'list', 'watch'],
            },
          ],
        },
        {
          name: 'system:controller:kube-apiserver-serving-clustertrustbundle-publisher',
          rules: [
            {
              apiGroups: ['certificates.k8s.io'],
              resources: ['signers'],
              resourceNames: ['kubernetes.io/kube-apiserver-serving'],
              verbs: ['attest'],
            },
            {
              apiGroups: ['certificates.k8s.io'],
              resources: ['clustertrustbundles'],
              verbs: ['create', 'delete', 'list', 'update', 'watch'],
            },
            {
              apiGroups: ['', 'events.k8s.io'],
              resources: ['events'],
              verbs: ['create', 'patch', 'update'],
            },
          ],
        },
      ],
    },
    {
      gate: 'PodCertificateRequest',
      default: false,
      adds: {
        'system:node': [
          {
            apiGroups: ['certificates.k8s.io'],
            resources: ['podcertificaterequests'],
            verbs: ['create', 'get', 'list', 'watch'],
          },
        ],
      },
      roles: [
        {
          name: 'system:controller:podcertificaterequestcleaner',
          rules: [
            {
              apiGroups: ['certificates.k8s.io'],
              resources: ['podcertificaterequests'],
              verbs: ['delete', 'get', 'list', 'watch'],
            },
          ],
        },
      ],
    },
    {
      gate: 'DRADeviceTaintRules',
      default: false,
      adds: {
        'system:kube-scheduler': [
          {
            apiGroups: ['resource.k8s.io'],
            resources: ['devicetaintrules'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
        'system:controller:device-taint-eviction-controller': [
          {
            apiGroups: ['resource.k8s.io'],
            resources: ['devicetaintrules/status'],
            verbs: ['patch', 'update'],
          },
          {
            apiGroups: ['resource.k8s.io'],
            resources: ['devicetaintrules'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      },
    },
    {
      gate: 'GenericWorkload',
      default: false,
      adds: {
        'system:kube-scheduler': [
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups'],
            verbs: ['get', 'list', 'watch'],
          },
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups/status'],
            verbs: ['patch', 'update'],
          },
        ],
        'system:aggregate-to-edit': [
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups', 'workloads'],
            verbs: ['create', 'delete', 'deletecollection', 'patch', 'update'],
          },
        ],
        'system:aggregate-to-view': [
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups', 'podgroups/status', 'workloads'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      },
      roles: [
        {
          name: 'system:controller:podgroup-protection-controller',
          rules: [
            {
              apiGroups: ['scheduling.k8s.io'],
              resources: ['podgroups'],
              verbs: ['get', 'list', 'update', 'watch'],
            },
            {
              apiGroups: [''],
              resources: ['pods'],
              verbs: ['get', 'list', 'watch'],
            },
          ],
        },
      ],
    },
    {
      gate: 'DRAWorkloadResourceClaims',
      default: false,
      adds: {
        'system:controller:resource-claim-controller': [
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups'],
            verbs: ['get', 'list', 'watch'],
          },
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups/status'],
            verbs: ['patch', 'update'],
          },
        ],
      },
    },
    {
      gate: 'WorkloadWithJob',
      default: false,
      adds: {
        'system:controller:job-controller': [
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['podgroups', 'workloads'],
            verbs: ['create', 'get', 'list', 'watch'],
          },
        ],
      },
    },
    {
      gate: 'DRAResourcePoolStatus',
      default: false,
      roles: [
        {
          name: 'system:controller:resourcepoolstatusrequest-controller',
          rules: [
            {
              apiGroups: ['resource.k8s.io'],
              resources: ['resourcepoolstatusrequests'],
              verbs: ['delete', 'get', 'list', 'watch'],
            },
            {
              apiGroups: ['resource.k8s.io'],
              resources: ['resourcepoolstatusrequests/status'],
              verbs: ['patch', 'update'],
            },
            {
              apiGroups: ['resource.k8s.io'],
              resources: ['resourceslices'],
              verbs: ['get', 'list', 'watch'],
            },
            {
              apiGroups: ['resource.k8s.io'],
              resources: ['resourceclaims'],
              verbs: ['get', 'list', 'watch'],
            },
            {
              apiGroups: ['', 'events.k8s.io'],
              resources: ['events'],
              verbs: ['create', 'patch', 'update'],
            },
          ],
        },
      ],
    },
    {
      gate: 'StorageVersionMigrator',
      default: false,
      roles: [
        {
          name: 'system:controller:storage-version-migrator-controller',
          rules: [
            {
              apiGroups: ['*'],
              resources: ['*'],
              verbs: ['create', 'list', 'patch'],
            },
            {
              apiGroups: ['apiextensions.k8s.io'],
              resources: ['customresourcedefinitions'],
              verbs: ['get'],
            },
            {
              apiGroups: ['apiextensions.k8s.io'],
              resources: ['customresourcedefinitions/status'],
              verbs: ['patch'],
            },
            {
              apiGroups: ['storagemigration.k8s.io'],
              resources: ['storageversionmigrations/status'],
              verbs: ['update'],
            },
          ],
        },
      ],
    },
    {
      gate: 'StorageVersionAPI',
      default: false,
      roles: [
        {
          name: 'system:controller:storage-version-garbage-collector',
          rules: [
            {
              apiGroups: ['coordination.k8s.io'],
              resources: ['leases'],
              verbs: ['get', 'list', 'watch'],
            },
            {
              apiGroups: ['internal.apiserver.k8s.io'],
              resources: ['storageversions'],
              verbs: ['delete', 'get', 'list', 'patch', 'update', 'watch'],
            },
            {
              apiGroups: ['internal.apiserver.k8s.io'],
              resources: ['storageversions/status'],
              verbs: ['get', 'patch', 'update'],
            },
          ],
        },
      ],
    },
  ],
}
