/* Opens a library that does not come back from being opened until a thread has asked for it. */
#include "client.h"
#include <pthread.h>
#include <time.h>

int rsmi_shut_down(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int (*job)(void);
static int is_ready, answer = -1;

static void *work(void *nothing)
{
    int status = rsmi_init(0) + rsmi_shut_down();
    pthread_mutex_lock(&lock);
    is_ready = status == 0;
    pthread_cond_broadcast(&changed);
    while (job == NULL)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    status = job();
    pthread_mutex_lock(&lock);
    answer = status;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return nothing;
}

/* For the library: what the thread got, or -1 if it does not answer. */
int let_ask(int (*ask)(void))
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&lock);
    job = ask;
    pthread_cond_broadcast(&changed);
    while (answer == -1 && pthread_cond_timedwait(&changed, &lock, &end) == 0)
        ;
    int got = answer;
    pthread_mutex_unlock(&lock);
    return got;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_mutex_lock(&lock);
    while (!is_ready)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return argc != 2 || dlopen(argv[1], RTLD_NOW) == NULL;
}
