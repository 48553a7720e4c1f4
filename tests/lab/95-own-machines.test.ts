/**
 * The cluster's own checks once more, on machines that the stack did not make: 90-interrupted-up has put it there.
 */
import "../helpers/onOwnMachines";
import "./10-cluster.test";
import "./20-exposure.test";
import "./25-secrets.test";
import "./40-dags.test";
